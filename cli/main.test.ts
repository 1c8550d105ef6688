import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { temporaryFolder } from './testing/run.ts';
import { eventsToQuestion, incident, incidentDetail, incidentId } from './testing/samples.ts';
import { eventStream, json, type StandIn, startStandIn } from './testing/stand-in-server.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
let server: StandIn;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  server = await startStandIn();
  folder = await temporaryFolder({ key: 'us_secret\n' });
});
afterEach(async () => {
  await server.close();
  await folder.remove();
});

/** The program as a shell starts it, at the end of pipes. */
function start(argv: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [main, ...argv], {
    cwd: folder.path,
    env: {
      ...{ PATH: process.env.PATH, HOME: folder.path, XDG_CACHE_HOME: process.env.XDG_CACHE_HOME },
      ...{ UNDERSTUDY_URL: server.url, UNDERSTUDY_API_KEY_FILE: join(folder.path, 'key'), ...env },
    },
  });
}

async function outcome(child: ChildProcessWithoutNullStreams) {
  const text = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    text.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    text.stderr += chunk;
  });
  const [code, signal] = await once(child, 'close');
  return { code, signal, ...text };
}

it('prints data to a pipe whole and without colours', async () => {
  const title = `checkout: ${'a title that no terminal is wide enough for '.repeat(5)}`.trim();
  server.answers.set('GET /api/v1/incidents', json({ items: [{ ...incident, title }] }));
  const { code, stdout } = await outcome(start(['incident', 'ls']));
  expect(code).toBe(0);
  expect(stdout).toContain(title);
  expect(stdout).not.toContain('\u001b');
});

it('gives a slow reader everything', async () => {
  const items = Array.from({ length: 5000 }, () => incident);
  server.answers.set('GET /api/v1/incidents', json({ items }));
  const child = start(['incident', 'ls', '-o', 'json']);
  // Nobody reads until the program has said all that it has to say.
  await once(child.stdout, 'readable');
  await pause(1_000);
  expect(JSON.parse((await outcome(child)).stdout)).toHaveLength(5000);
});

it('ends quietly when the reader has read enough', async () => {
  const items = Array.from({ length: 5000 }, () => incident);
  server.answers.set('GET /api/v1/incidents', json({ items }));
  const child = start(['incident', 'ls', '-o', 'json']);
  child.stdout.once('data', () => child.stdout.destroy());
  const { code, stderr } = await outcome(child);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

it('stops watching when nobody reads any more', async () => {
  server.answers.set(`GET /api/v1/incidents/${incidentId}`, json(incidentDetail));
  server.answers.set(
    'GET /api/v1/events',
    eventStream((source) => {
      const timer = setInterval(() => source.send({ ...eventsToQuestion[0], seq: Date.now() }), 20);
      timer.unref();
    }),
  );
  const child = start(['incident', 'watch', '-o', 'json']);
  child.stdout.once('data', () => child.stdout.destroy());
  expect((await outcome(child)).code).toBe(0);
});

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('ends at once on %s, with %d', async (signal, expected) => {
  server.answers.set(
    'GET /api/v1/events',
    eventStream((source) => source.send(eventsToQuestion[0] ?? { seq: 0 })),
  );
  const child = start(['incident', 'watch', '-o', 'json']);
  child.stdout.once('data', () => child.kill(signal));
  const { code, stdout, stderr } = await outcome(child);
  expect(code).toBe(expected);
  expect(JSON.parse(stdout)).toEqual(eventsToQuestion[0]);
  expect(stderr).not.toContain('error');
});

it('takes a signal that npm passes on once more for the same one', async () => {
  server.answers.set(
    'GET /api/v1/events',
    eventStream((source) => source.send(eventsToQuestion[0] ?? { seq: 0 })),
  );
  const child = start(['incident', 'watch']);
  child.stdout.once('data', () => {
    child.kill('SIGINT');
    child.kill('SIGINT');
  });
  expect((await outcome(child)).code).toBe(130);
});

it('reads a body from stdin', async () => {
  server.answers.set('POST /api/v1/intake/alertmanager', json({ deliveryId: 'd', outcome: 'ignored' }, 202));
  const child = start(['alert', 'send', '-f', '-', '-o', 'json']);
  child.stdin.end('{"version":"4"}');
  const { code, stdout } = await outcome(child);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ outcome: 'ignored' });
});

it('answers --version without a server or a configuration that is right', async () => {
  const { code, stdout } = await outcome(start(['--version'], { UNDERSTUDY_SERVER_PORT: 'high' }));
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});
