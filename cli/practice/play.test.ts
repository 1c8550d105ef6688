import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UnderstudyError } from '#domain/errors.ts';
import { createApiClient } from '../api-client.ts';
import type { CliContext } from '../context.ts';
import type { StoryEvent } from '../story-events.ts';
import { createTerminal } from '../terminal.ts';
import {
  eventsFromDecision,
  eventsToQuestion,
  gate,
  gateId,
  incident,
  incidentDetail,
  incidentId,
} from '../testing/samples.ts';
import {
  type EventSource,
  eventStream,
  json,
  problem,
  type StandIn,
  startStandIn,
} from '../testing/stand-in-server.ts';
import { wordsIn } from '../words/words.ts';
import type { Play } from './play.ts';
import { practise } from './session.ts';

const decidePath = `POST /api/v1/approvals/${gateId}/decide`;
let server: StandIn;
let ended: AbortController;
/** What is written to the streams, in order. */
let screen: string;
let reader: EventSource | undefined;
let switched: string[];
let person: PassThrough;

beforeEach(async () => {
  server = await startStandIn();
  ended = new AbortController();
  screen = '';
  switched = [];
  reader = undefined;
  person = new PassThrough();
  server.answers.set('GET /api/v1/incidents', json({ items: [] }));
  server.answers.set(`GET /api/v1/incidents/${incidentId}`, json(incidentDetail));
  server.answers.set(`GET /api/v1/approvals/${gateId}`, json({ gate, decisions: [] }));
  server.answers.set(
    'GET /api/v1/events',
    eventStream((source) => {
      reader = source;
    }),
  );
  server.answers.set(decidePath, async (request, response) => {
    await json({ recorded: true, accepted: true, verdict: 'accepted' })(request, response);
    if (JSON.parse(request.body).decision === 'approve') send(eventsFromDecision);
  });
});
afterEach(async () => {
  ended.abort('SIGINT');
  await server.close();
});

function send(events: readonly StoryEvent[]): void {
  for (const event of events) reader?.send(event);
}

function context(isTTY: boolean): CliContext {
  const output = () => {
    const stream = Object.assign(new PassThrough(), { isTTY, columns: 100 });
    stream.on('data', (chunk: Buffer) => {
      screen += chunk.toString('utf8');
    });
    return stream;
  };
  const streams = { stdin: Object.assign(person, { isTTY }), stdout: output(), stderr: output() };
  const terminal = createTerminal(streams, {
    ...{ environment: {}, color: false, input: true, quiet: false },
    interrupt: () => ended.abort('SIGINT'),
  });
  return {
    ...{
      terminal,
      words: wordsIn('en'),
      language: 'en',
      output: 'table',
      verbose: false,
      timeoutMs: undefined,
    },
    ...{ environment: {}, cwd: '/', signal: ended.signal, programName: 'understudy' },
  };
}

function client(apiKey: string) {
  return createApiClient({ url: server.url, apiKey, words: wordsIn('en') }, ended.signal);
}

function play(approval: Play['approval'], options: Partial<Play> = {}): Play {
  return {
    context: context(approval.by === 'person'),
    client: client('us_admin'),
    faults: {
      names: ['bad-release', 'out-of-memory'],
      on: async (name) => {
        switched.push(`${name} on`);
        send(eventsToQuestion);
      },
      off: async (name) => void switched.push(`${name} off`),
    },
    approval,
    signal: ended.signal,
    startedMs: Date.now(),
    noAlertMs: 60_000,
    ...options,
  };
}

/** Types what is due as soon as the screen asks for it. */
function answer(...dialogue: readonly (readonly [question: string, typed: string])[]): void {
  const left = [...dialogue];
  let readTo = 0;
  const timer = setInterval(() => {
    const [question = '', typed = ''] = left[0] ?? [];
    const place = screen.indexOf(question, readTo);
    if (left.length === 0 || ended.signal.aborted) clearInterval(timer);
    else if (place >= 0) {
      left.shift();
      readTo = place + question.length;
      person.write(`${typed}\n`);
    }
  }, 10);
}

const decisions = () => server.seen.filter((request) => request.url.pathname.endsWith('/decide'));
const approver = (assertPractice: () => Promise<void>): Play['approval'] => ({
  ...{ by: 'account', assertPractice, approver: client('us_range_approver') },
});

describe('with an approving account', () => {
  it('ends with 0 once the step is verified and the case is told', async () => {
    expect(await practise(play(approver(async () => undefined)), {})).toBe(0);
    expect(switched).toEqual(['bad-release on']);
    expect(decisions()[0]?.headers.authorization).toBe('Bearer us_range_approver');
    expect(JSON.parse(decisions()[0]?.body ?? '')).toMatchObject({
      decision: 'approve',
      argsHash: gate.argsHash,
    });
    const told = [
      'ALERT',
      'asks 2 questions',
      'DIAGNOSIS',
      'PROPOSED STEP',
      'approved by range-approver',
      '… object healthy: 1 of 3 pods',
      '✓ object healthy: 3 of 3 pods',
      'CASE',
      'alert → first diagnosis 2.1 s',
    ];
    expect(told.map((text) => screen.indexOf(text)).toSorted((a, b) => a - b)).toEqual(
      told.map((text) => screen.indexOf(text)),
    );
    expect(told.filter((text) => !screen.includes(text))).toEqual([]);
  });

  it('approves nothing where the cluster is not the range', async () => {
    const refuse = async (): Promise<void> => {
      throw new UnderstudyError('not-the-range', 'production is not the practice range');
    };
    await expect(practise(play(approver(refuse)), {})).rejects.toMatchObject({ code: 'not-the-range' });
    expect(decisions()).toEqual([]);
  });

  it('ends with 1 when the incident ends without a verified step', async () => {
    server.answers.set(decidePath, json({ recorded: true, accepted: true, verdict: 'accepted' }));
    const round = practise(play(approver(async () => undefined)), {});
    const closed = eventsFromDecision.find((event) => event.type === 'incident.closed');
    await until(() => decisions().length > 0);
    if (closed?.type === 'incident.closed') send([{ ...closed, data: { outcome: 'handed-over' } }]);
    expect(await round).toBe(1);
    expect(screen).toContain('handed-over');
  });

  it('says so when no alert comes', async () => {
    const silent = play(
      approver(async () => undefined),
      { noAlertMs: 200 },
    );
    silent.faults.on = async () => undefined;
    await expect(practise(silent, {})).rejects.toMatchObject({ code: 'timeout' });
  });

  it('does not mistake somebody else’s incident for its own', async () => {
    const other = '0193a5f2-0000-7abc-8def-0123456789ab';
    const round = play(approver(async () => undefined));
    round.faults.on = async () => {
      send([
        {
          seq: 1,
          incidentId: other,
          at: incident.openedAt,
          type: 'incident.phase',
          data: { phase: 'observe' },
        },
      ]);
      send([
        {
          seq: 2,
          incidentId: other,
          at: incident.openedAt,
          type: 'incident.closed',
          data: { outcome: 'healthy' },
        },
      ]);
      send(eventsToQuestion);
    };
    expect(await practise(round, {})).toBe(0);
    expect(screen).not.toContain('closed: healthy');
  });
});

describe('with a person at the keyboard', () => {
  it('asks, shows details, approves, and offers another', async () => {
    answer(
      ['[y/n/details]', 'what?'],
      ['[y/n/details]', 'details'],
      ['[y/n/details]', 'y'],
      ['q to stop', 'q'],
    );
    expect(await practise(play({ by: 'person' }), {})).toBe(0);
    expect(decisions()[0]?.headers.authorization).toBe('Bearer us_admin');
    expect(screen).toContain('Please answer y');
    expect(screen).toContain(gate.argsHash);
    expect(screen).toContain('CASE');
  });

  it('rejects with the reason that is typed', async () => {
    const closed = eventsFromDecision.filter((event) => event.type === 'incident.closed');
    server.answers.set(decidePath, async (request, response) => {
      await json({ recorded: true, accepted: true, verdict: 'accepted' })(request, response);
      for (const event of closed)
        if (event.type === 'incident.closed') send([{ ...event, data: { outcome: 'resolved' } }]);
    });
    answer(['[y/n/details]', 'n'], ['Why not?', 'not tonight'], ['q to stop', 'q']);
    expect(await practise(play({ by: 'person' }), {})).toBe(0);
    expect(JSON.parse(decisions()[0]?.body ?? '')).toMatchObject({
      decision: 'reject',
      reason: 'not tonight',
    });
  });

  it('takes the question off the screen when another terminal decides', async () => {
    const round = practise(play({ by: 'person' }), {});
    answer(['q to stop', 'q']);
    await until(() => screen.includes('[y/n/details]'));
    send(eventsFromDecision);
    expect(await round).toBe(0);
    expect(decisions()).toEqual([]);
    expect(screen).toContain('approved by admin');
  });

  it('says what happened when the decision came too late, and goes on', async () => {
    server.answers.set(decidePath, async (request, response) => {
      await problem(409, 'conflict', 'the gate is approved already')(request, response);
      send(eventsFromDecision);
    });
    answer(['[y/n/details]', 'y'], ['q to stop', 'q']);
    expect(await practise(play({ by: 'person' }), {})).toBe(0);
    expect(screen).toContain('the gate is approved already');
  });

  it('plays another fault when one is named, with the one before put back', async () => {
    answer(
      ['[y/n/details]', 'y'],
      ['q to stop', 'no-such'],
      ['q to stop', 'out-of-memory'],
      ['[y/n/details]', 'y'],
      ['q to stop', 'q'],
    );
    expect(await practise(play({ by: 'person' }), {})).toBe(0);
    expect(switched).toEqual(['bad-release on', 'bad-release off', 'out-of-memory on']);
    expect(screen).toContain('there is no fault "no-such"');
  });

  it('leaves everything running after Enter, until Ctrl-C', async () => {
    answer(['[y/n/details]', 'y'], ['q to stop', '']);
    const session = practise(play({ by: 'person' }), {});
    await until(() => screen.includes('Everything goes on running'));
    ended.abort('SIGINT');
    await expect(session).rejects.toBe('SIGINT');
  });

  it('keeps lines back while the question is open', async () => {
    const session = practise(play({ by: 'person' }), {});
    await until(() => screen.includes('[y/n/details]'));
    const opened = eventsToQuestion[0];
    if (opened?.type === 'incident.opened') {
      send([
        {
          ...opened,
          seq: 50,
          incidentId: '0193a5f2-0000-7abc-8def-0123456789ab',
          data: { ...opened.data, title: 'another one' },
        },
      ]);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(screen).not.toContain('another one');
    answer(['[y/n/details]', 'y'], ['q to stop', 'q']);
    expect(await session).toBe(0);
    expect(screen).toContain('another one');
  });
});

describe('with nobody at the keyboard', () => {
  it('prints the exact command that approves, and waits', async () => {
    const approval: Play['approval'] = { by: 'elsewhere', temporalUiUrl: 'http://127.0.0.1:8233' };
    const session = practise(play(approval), {});
    await until(() => screen.includes('understudy approve 3f2a81c4'));
    expect(screen).toContain('http://127.0.0.1:8233/namespaces/default/workflows/remediation%2F');
    expect(decisions()).toEqual([]);
    send(eventsFromDecision);
    await until(() => screen.includes('CASE'));
    ended.abort('SIGTERM');
    await expect(session).rejects.toBe('SIGTERM');
  });
});

it('tells the end of alerts that an earlier run left, before it begins', async () => {
  const bodies: unknown[] = [];
  let open = [incident];
  server.answers.set('GET /api/v1/incidents', (request, response) =>
    json({ items: open })(request, response),
  );
  server.answers.set('POST /api/v1/intake/alertmanager', (request, response) => {
    bodies.push(JSON.parse(request.body));
    open = [];
    return json({ deliveryId: 'd', outcome: 'resolved' }, 202)(request, response);
  });
  expect(await practise(play(approver(async () => undefined)), {})).toBe(0);
  expect(bodies).toMatchObject([
    {
      status: 'resolved',
      groupKey: incident.groupKey,
      alerts: [{ fingerprint: 'a1b2c3d4e5f60718', status: 'resolved' }],
    },
  ]);
});

it('leaves alerts of its own time alone: their end is Alertmanager’s to tell', async () => {
  const fresh = { ...incident, openedAt: new Date(Date.now() + 60_000).toISOString() };
  let asked = 0;
  server.answers.set('GET /api/v1/incidents', (request, response) => {
    asked += 1;
    return json({ items: asked < 3 ? [fresh] : [] })(request, response);
  });
  expect(await practise(play(approver(async () => undefined)), {})).toBe(0);
  expect(server.seen.filter((request) => request.method === 'POST')).toHaveLength(1);
});

it('goes on when a gate was closed before the account could approve', async () => {
  server.answers.set(decidePath, async (request, response) => {
    await problem(409, 'conflict', 'the gate is withdrawn already')(request, response);
    send(eventsFromDecision);
  });
  expect(await practise(play(approver(async () => undefined)), {})).toBe(0);
  expect(screen).not.toContain('approved by range-approver');
});

it('refuses a fault that there is not', async () => {
  await expect(practise(play({ by: 'person' }), { fault: 'earthquake' })).rejects.toThrow(
    'bad-release, out-of-memory',
  );
});

async function until(isSo: () => boolean): Promise<void> {
  const untilMs = Date.now() + 30_000;
  while (!isSo()) {
    if (Date.now() > untilMs) throw new Error(`waited in vain; the screen says:\n${screen}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
