import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { StoryEvent } from './story-events.ts';
import { run, temporaryFolder } from './testing/run.ts';
import {
  eventsFromDecision,
  eventsToQuestion,
  gate,
  gateId,
  incident,
  incidentDetail,
  incidentId,
} from './testing/samples.ts';
import {
  type EventSource,
  eventStream,
  json,
  type StandIn,
  startStandIn,
} from './testing/stand-in-server.ts';

let server: StandIn;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let reader: EventSource | undefined;
let ended: AbortController;

beforeEach(async () => {
  server = await startStandIn();
  folder = await temporaryFolder({ key: 'us_secret\n' });
  reader = undefined;
  ended = new AbortController();
  server.answers.set('GET /api/v1/incidents', json({ items: [incident] }));
  server.answers.set(`GET /api/v1/incidents/${incidentId}`, json(incidentDetail));
  server.answers.set('GET /api/v1/approvals', json({ items: [gate] }));
  server.answers.set(`GET /api/v1/approvals/${gateId}`, json({ gate, decisions: [] }));
  server.answers.set(
    'GET /api/v1/events',
    eventStream((source) => {
      reader = source;
    }),
  );
});
afterEach(async () => {
  ended.abort('SIGINT');
  await server.close();
  await folder.remove();
});

function cli(line: string, onOutput?: (soFar: string) => void) {
  const environment = { UNDERSTUDY_URL: server.url, UNDERSTUDY_API_KEY_FILE: join(folder.path, 'key') };
  const told = onOutput === undefined ? {} : { onOutput };
  return run(line.split(' '), { cwd: folder.path, environment, signal: ended.signal, ...told });
}

function send(events: readonly StoryEvent[]): void {
  for (const event of events) reader?.send(event);
}

/** The decision is answered, and what follows from it happens. */
function whenDecided(events: readonly StoryEvent[]): void {
  server.answers.set(`POST /api/v1/approvals/${gateId}/decide`, async (request, response) => {
    await json({ recorded: true, accepted: true, verdict: 'accepted' })(request, response);
    send(events);
  });
}

function endingWith(status: string): StoryEvent[] {
  return eventsFromDecision.flatMap((event) =>
    event.type === 'step.changed' && event.data.status === 'verified'
      ? [{ ...event, data: { ...event.data, status } }]
      : [event],
  );
}

test('approve --wait tells what happens until the step is verified', async () => {
  whenDecided(eventsFromDecision);
  const { code, stdout } = await cli('approve 3f2a --yes --wait');
  expect(code).toBe(0);
  const told = [
    'Approved.',
    'taking it: Roll back',
    '… alert cleared',
    '✓ alert cleared',
    'verified: all is well',
  ];
  expect(told.filter((text) => !stdout.includes(text))).toEqual([]);
});

test.each([
  ['failed', 1],
  ['refused', 5],
  ['withdrawn', 5],
  ['expired', 6],
  ['rejected', 7],
])('approve --wait of a step that ends as %s ends with %d', async (status, code) => {
  whenDecided(endingWith(status));
  expect((await cli('approve 3f2a --yes --wait')).code).toBe(code);
});

test('approve --wait gives up after --timeout', async () => {
  whenDecided([]);
  const { code, stderr } = await cli('approve 3f2a --yes --wait --timeout 400ms');
  expect(code).toBe(6);
  expect(stderr).toContain('400 ms');
});

test('incident watch of one incident ends with its case', async () => {
  const watching = cli('incident watch 0193a5f2');
  await until(() => reader !== undefined);
  send([...eventsToQuestion, ...eventsFromDecision]);
  const { code, stdout } = await watching;
  expect(code).toBe(0);
  for (const part of ['ALERT', 'DIAGNOSIS', 'PROPOSED STEP', 'CASE']) expect(stdout).toContain(part);
  const asked = server.seen.find((request) => request.url.pathname === '/api/v1/events');
  expect(Object.fromEntries(asked?.url.searchParams ?? [])).toEqual({ after: '0', incidentId });
});

test('incident watch of all says which incident is spoken of when that changes', async () => {
  const other = '0193a5f2-0000-7abc-8def-0123456789ab';
  let seen = '';
  const watching = cli('incident watch', (text) => {
    seen = text;
  });
  await until(() => reader !== undefined);
  const [opened, triaged] = eventsToQuestion;
  if (opened === undefined || triaged === undefined) throw new Error('the samples are empty');
  send([opened, { ...opened, seq: 2, incidentId: other }, { ...triaged, seq: 3 }]);
  await until(() => seen.includes('triage: done'));
  ended.abort('SIGINT');
  const { code, stdout } = await watching;
  expect(code).toBe(130);
  const lines = stdout.trim().split('\n');
  expect(lines).toHaveLength(4);
  expect(lines[2]).toContain(incidentId);
});

test('approvals watch shows what is open, and each new gate once', async () => {
  const second = { ...gate, gateId: '99999999-0b1c-8d2e-8f3a-4b5c6d7e8f90' };
  server.answers.set(`GET /api/v1/approvals/${second.gateId}`, json({ gate: second, decisions: [] }));
  let seen = '';
  const watching = cli('approvals watch -o json', (text) => {
    seen = text;
  });
  await until(() => reader !== undefined && seen.includes(gateId));
  const opened = eventsToQuestion.find((event) => event.type === 'gate.opened');
  if (opened?.type !== 'gate.opened') throw new Error('the samples hold no gate');
  send([opened, { ...opened, seq: 99, data: { ...opened.data, gateId: second.gateId } }]);
  await until(() => seen.includes(second.gateId));
  ended.abort('SIGINT');
  const { stdout } = await watching;
  const ids = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).gateId);
  expect(ids).toEqual([gateId, second.gateId]);
});

async function until(isSo: () => boolean): Promise<void> {
  const untilMs = Date.now() + 30_000;
  while (!isSo()) {
    if (Date.now() > untilMs) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
