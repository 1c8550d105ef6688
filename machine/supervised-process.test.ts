import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort } from './ports.ts';
import { identityOf, isRunning } from './process-identity.ts';
import {
  endLeftovers,
  type SupervisedChange,
  type SupervisedOptions,
  type SupervisedProcess,
  startSupervised,
} from './supervised-process.ts';

let folder: string;
let running: SupervisedProcess[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'supervised-'));
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((process) => process.stop()));
  await rm(folder, { recursive: true });
});

/** A process that runs JavaScript. */
function options(code: string, changes: Partial<SupervisedOptions> = {}): SupervisedOptions {
  return {
    name: 'tester',
    command: process.execPath,
    args: ['-e', code],
    env: { PATH: process.env.PATH },
    logFile: join(folder, 'log', 'tester.log'),
    pidFile: join(folder, 'run', 'tester.pid'),
    ...changes,
  };
}

async function start(code: string, changes: Partial<SupervisedOptions> = {}): Promise<SupervisedProcess> {
  const started = await startSupervised(options(code, changes));
  running.push(started);
  return started;
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('what was waited for did not happen');
    await sleep(10);
  }
}

const listening = (port: number) => `require('net').createServer().listen(${port}, '127.0.0.1')`;

async function accepts(port: number): Promise<boolean> {
  const socket = createConnection(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
  return true;
}

test('answers when the process is ready, in a group of its own, with its output in the log', async () => {
  const port = await freePort();
  const code = `console.log('hello'); setTimeout(() => ${listening(port)}, 300)`;
  const started = await start(code, { isReady: () => accepts(port) });
  expect(await accepts(port)).toBe(true);
  expect(await readFile(join(folder, 'log', 'tester.log'), 'utf8')).toContain('hello');
  const fields = (await readFile(`/proc/${started.pid}/stat`, 'utf8')).split(') ')[1]?.split(' ');
  expect(Number(fields?.[2])).toBe(started.pid);
});

test('a killed process is back at once, and says so', async () => {
  const port = await freePort();
  const changes: SupervisedChange[] = [];
  const started = await start(listening(port), {
    isReady: () => accepts(port),
    onChange: (change) => changes.push(change),
  });
  const { pid } = started;
  process.kill(pid ?? 0, 'SIGKILL');
  await until(() => changes.some((change) => change.kind === 'back'));
  expect(started.restarts).toBe(1);
  expect(started.pid).not.toBe(pid);
  expect(await accepts(port)).toBe(true);
  expect(changes[0]).toMatchObject({ kind: 'died', signal: 'SIGKILL', restartInMs: 100 });
});

test('one that keeps dying is started with growing pauses', async () => {
  const pauses: number[] = [];
  const file = join(folder, 'once');
  // Lives long enough to be ready the first time only.
  const code = `const fs = require('fs'); if (!fs.existsSync('${file}')) { fs.writeFileSync('${file}', ''); setTimeout(() => {}, 300); }`;
  await start(code, {
    isReady: async () => existsSync(file),
    onChange: (change) => {
      if (change.kind === 'died') pauses.push(change.restartInMs);
    },
  });
  await until(() => pauses.length >= 4);
  expect(pauses.slice(0, 4)).toEqual([100, 200, 400, 800]);
});

test('one that ends before it is ready is an error with the end of its log', async () => {
  const failing = startSupervised(
    options("console.error('port is taken'); process.exit(3)", { isReady: async () => false }),
  );
  await expect(failing).rejects.toThrow(/ended before it was ready \(exit code 3\).*port is taken/s);
});

test('one that is never ready is ended and an error', async () => {
  const changed = { isReady: async () => false, readyTimeoutMs: 300 };
  const failing = startSupervised(options('setInterval(() => {}, 1000)', changed));
  await expect(failing).rejects.toThrow('did not become ready in time');
  const noted = JSON.parse(await readFile(join(folder, 'run', 'tester.pid'), 'utf8'));
  expect(isRunning(noted)).toBe(false);
});

test('a command that does not exist is an error that names it', async () => {
  const missing = startSupervised({ ...options(''), command: join(folder, 'nothing') });
  await expect(missing).rejects.toThrow(/nothing ENOENT/);
});

test('stop ends it politely, by force when it does not listen, and for good', async () => {
  const polite = join(folder, 'polite');
  const code = `process.on('SIGTERM', () => { require('fs').writeFileSync('${polite}', ''); process.exit() }); setInterval(() => {}, 1000)`;
  const first = await start(`${code}; console.log('up')`, { isReady: () => logHas('up') });
  const pid = first.pid ?? 0;
  await first.stop();
  await first.stop();
  expect(existsSync(polite)).toBe(true);
  expect(identityOf(pid)).toBeUndefined();
  expect(existsSync(join(folder, 'run', 'tester.pid'))).toBe(false);

  const deaf = await start(
    "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('deaf')",
    {
      stopTimeoutMs: 300,
      isReady: () => logHas('deaf'),
    },
  );
  const deafPid = deaf.pid ?? 0;
  await deaf.stop();
  expect(identityOf(deafPid)).toBeUndefined();
  expect(deaf.restarts).toBe(0);
});

async function logHas(text: string): Promise<boolean> {
  return (await readFile(join(folder, 'log', 'tester.log'), 'utf8')).includes(text);
}

/** Another process of ours that starts one and is killed before it can stop it. */
async function leaveBehind(): Promise<number> {
  const supervisor: ChildProcess = spawn(process.execPath, [
    '--input-type=module',
    '-e',
    `import { startSupervised } from '${new URL('./supervised-process.ts', import.meta.url).href}';
     const started = await startSupervised(${JSON.stringify(options('setInterval(() => {}, 1000)'))});
     process.stdout.write(String(started.pid));`,
  ]);
  const [said] = await once(supervisor.stdout ?? supervisor, 'data');
  supervisor.kill('SIGKILL');
  await once(supervisor, 'exit');
  return Number(said);
}

test('what a killed run left is ended by the next start', async () => {
  const left = await leaveBehind();
  expect(identityOf(left)).toBeDefined();
  await start('setInterval(() => {}, 1000)');
  expect(identityOf(left)).toBeUndefined();
});

test('everything that a killed run left is ended at once', async () => {
  const left = await leaveBehind();
  await endLeftovers(join(folder, 'run'));
  expect(identityOf(left)).toBeUndefined();
  await endLeftovers(join(folder, 'no such folder'));
});

test('a process that only has the number of an old one is not touched', async () => {
  const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  const started = await start('setInterval(() => {}, 1000)');
  await started.stop();
  const note = { pid: stranger.pid, startedAs: 'another boot/1', stopSignal: 'SIGTERM', stopTimeoutMs: 100 };
  await writeFile(join(folder, 'run', 'tester.pid'), JSON.stringify(note));
  await endLeftovers(join(folder, 'run'));
  expect(identityOf(stranger.pid ?? 0)).toBeDefined();
  stranger.kill('SIGKILL');
});
