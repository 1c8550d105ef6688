import { chmod, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import type { z } from 'zod';
import { configurationSchema } from '#domain/configuration.ts';
import { freePort } from '#machine/ports.ts';
import { silentProgress } from '#machine/progress.ts';
import { newDatabase, useTemporal } from '#test/setup/services.ts';
import { answersReady } from './own-processes.ts';
import { type RunningInstance, startInstance } from './up.ts';

type Given = z.input<typeof configurationSchema>;

/** `understudy up` on a PostgreSQL and a Temporal of one's own. */
async function scene() {
  const stateFolder = await mkdtemp(join(tmpdir(), 'understudy-up-'));
  await chmod(stateFolder, 0o711);
  onTestFinished(() => rm(stateFolder, { recursive: true, force: true }));
  const { url: databaseUrl } = await newDatabase();
  const { address, namespace } = await useTemporal();
  const start = async (
    given: Given = {},
    signal = new AbortController().signal,
  ): Promise<RunningInstance> => {
    const configuration = configurationSchema.parse({
      ...{ databaseUrl, temporal: { address, namespace }, server: { port: await freePort() } },
      ...given,
    });
    const log = pino({ level: 'silent' });
    const instance = await startInstance({
      ...{ configuration, practice: false, stateFolder, progress: silentProgress, log, signal },
    });
    onTestFinished(() => instance.stop());
    return instance;
  };
  const running = async (): Promise<string[]> =>
    (await readdir(join(stateFolder, 'run')).catch(() => []))
      .filter((name) => name.endsWith('.pid'))
      .map((name) => name.replace('.pid', ''));
  return { start, running, stateFolder };
}

/** Whether the port could be taken. */
function listen(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
}

async function whoAmI({ serverUrl, apiKeyFile }: RunningInstance): Promise<unknown> {
  const key = (await readFile(apiKeyFile, 'utf8')).trim();
  const answer = await fetch(`${serverUrl}/api/v1/me`, { headers: { authorization: `Bearer ${key}` } });
  return answer.json();
}

test('comes up without a cluster: server and worker, keys that only the owner reads, secrets told once', async () => {
  const { start, running } = await scene();
  const first = await start();
  expect(first.firstStart).toMatchObject({ adminUser: 'admin', totp: { uri: expect.any(String) } });
  expect(first.approverKeyFile).toBeUndefined();
  expect((await fetch(`${first.serverUrl}/readyz`)).status).toBe(200);
  expect(await whoAmI(first)).toMatchObject({ name: 'admin' });
  for (const file of [first.apiKeyFile, first.intakeKeyFile])
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  // Nothing can be done here, so nobody is there who could.
  expect((await running()).toSorted()).toEqual(['server', 'worker']);
  await first.stop();
  expect(await running()).toEqual([]);

  // A key that was lost is made anew; the seed is not told again.
  await rm(first.apiKeyFile);
  const second = await start();
  expect(second.firstStart).toBeUndefined();
  expect(await whoAmI(second)).toMatchObject({ name: 'admin' });
});

test('read-only there is no process that could write, even where an account for it is named', async () => {
  const { start, running, stateFolder } = await scene();
  const kubeconfig = join(stateFolder, 'kubeconfig');
  const clusters = [{ name: 'prod', kubeconfig, actorKubeconfig: kubeconfig }];
  await start({ readOnly: true, clusters });
  expect((await running()).toSorted()).toEqual(['server', 'worker']);
});

test('what was started is ended again when a part does not come up', async () => {
  const { start, running } = await scene();
  await expect(start({ temporal: { address: '127.0.0.1:9' } })).rejects.toMatchObject({
    code: 'unavailable',
  });
  expect(await running()).toEqual([]);
});

test('who gives up while it comes up gets that reason, and nothing is left running', async () => {
  const { start, running } = await scene();
  await expect(start({}, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  expect(await running()).toEqual([]);
});

test('a worker whose port somebody took while it was down comes back on another', async () => {
  const { start, stateFolder } = await scene();
  await start();
  const read = async (name: string) => JSON.parse(await readFile(join(stateFolder, 'run', name), 'utf8'));
  const portOfWorker = async (): Promise<number> => (await read('worker.settings.json')).healthPort;
  const [{ pid }, port] = [await read('worker.pid'), await portOfWorker()];
  process.kill(pid, 'SIGKILL');
  const taker = createServer();
  onTestFinished(() => void taker.close());
  await expect.poll(() => listen(taker, port)).toBe(true);
  await expect.poll(portOfWorker).not.toBe(port);
  const isBack = async () => answersReady(await portOfWorker(), (await read('worker.pid')).pid);
  await expect.poll(() => isBack().catch(() => false), { timeout: 120_000 }).toBe(true);
});
