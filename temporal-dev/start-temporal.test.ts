import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { searchAttributes } from '#domain/task-queues.ts';
import { identityOf } from '#machine/process-identity.ts';
import type { SupervisedChange } from '#machine/supervised-process.ts';
import { prepareTemporal, startTemporal, type TemporalServer } from './start-temporal.ts';
import { isRecentEnough } from './temporal-program.ts';

let stateFolder: string;
let running: TemporalServer[];
let connections: Connection[];
beforeEach(async () => {
  stateFolder = await mkdtemp(join(tmpdir(), 'start-temporal-'));
  running = [];
  connections = [];
});
afterEach(async () => {
  await Promise.all(connections.map((connection) => connection.close()));
  await Promise.all(running.map((server) => server.stop()));
  await rm(stateFolder, { recursive: true });
});

async function start(): Promise<TemporalServer> {
  const server = await startTemporal({ stateFolder });
  running.push(server);
  return server;
}

async function clientOf(server: TemporalServer): Promise<Client> {
  const connection = await Connection.connect({ address: server.address });
  connections.push(connection);
  return new Client({ connection });
}

/** A workflow that nobody works on, found by its phase; there is no worker, so it stays as it is. */
async function startWorkflow(client: Client, workflowId: string): Promise<void> {
  await client.workflow.start('waiting', {
    workflowId,
    taskQueue: 'nobody',
    searchAttributes: { [searchAttributes.phase]: ['awaiting-approval'] },
  });
}

test('a server with its UI, our search attributes and the data of last time, on the same ports', async () => {
  const first = await start();
  await startWorkflow(await clientOf(first), 'kept');
  const page = await fetch(first.uiUrl ?? '');
  expect(await page.text()).toContain('<html');
  await first.stop();

  const second = await start();
  expect(second).toMatchObject({ address: first.address, uiUrl: first.uiUrl, namespace: 'default' });
  const found = [];
  const query = `${searchAttributes.phase} = "awaiting-approval"`;
  const client = await clientOf(second);
  for await (const workflow of client.workflow.list({ query })) found.push(workflow.workflowId);
  expect(found).toEqual(['kept']);
});

test('kill -9: started again at once, with everything it knew', async () => {
  const changes: SupervisedChange[] = [];
  const server = await startTemporal({ stateFolder, onChange: (change) => changes.push(change) });
  running.push(server);
  const client = await clientOf(server);
  await startWorkflow(client, 'kept');
  const { pid } = server.process ?? {};
  process.kill(pid ?? 0, 'SIGKILL');
  let status: string | undefined;
  while (status === undefined) {
    const connection = await Connection.connect({ address: server.address, connectTimeout: 200 }).catch(
      () => undefined,
    );
    const fresh = connection && new Client({ connection });
    status = await fresh?.workflow
      .getHandle('kept')
      .describe()
      .then((description) => description.status.name)
      .catch(() => undefined);
    await connection?.close();
    await sleep(20);
  }
  expect(changes[0]).toMatchObject({ kind: 'died', restartInMs: 100 });
  expect(status).toBe('RUNNING');
  // A client that was there before finds it again by itself.
  await client.workflow.getHandle('kept').describe();
  expect(server.process?.pid).not.toBe(pid);
});

test('what a killed run left is ended by the next start, which has its ports again', async () => {
  const code = `import { startTemporal } from '${new URL('./start-temporal.ts', import.meta.url).href}';
    const { process: server, address } = await startTemporal({ stateFolder: ${JSON.stringify(stateFolder)} });
    process.stdout.write(JSON.stringify({ pid: server.pid, address })); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code]);
  const [said] = await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  const left = JSON.parse(String(said));
  expect(identityOf(left.pid)).toBeDefined();
  const server = await start();
  expect(identityOf(left.pid)).toBeUndefined();
  expect(server.address).toBe(left.address);
});

test('the journal is a write-ahead log, and nothing but loopback is listened on', async () => {
  const server = await start();
  await startWorkflow(await clientOf(server), 'one');
  // SQLite's file format: 2 in bytes 18 and 19 means WAL.
  const header = await readFile(join(stateFolder, 'temporal', 'temporal.db'));
  expect([header[18], header[19]]).toEqual([2, 2]);
  expect(await listenedOn(server.process?.pid ?? 0)).toEqual(['127.0.0.1']);
});

/** The addresses that a process listens on, from its socket numbers and /proc/net/tcp (little-endian hex). */
async function listenedOn(pid: number): Promise<string[]> {
  const { readdir, readlink } = await import('node:fs/promises');
  const sockets = new Set<string>();
  for (const fd of await readdir(`/proc/${pid}/fd`)) {
    const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    if (inode !== undefined) sockets.add(inode);
  }
  const addresses = new Set<string>();
  for (const table of ['tcp', 'tcp6']) {
    for (const line of (await readFile(`/proc/net/${table}`, 'utf8')).split('\n').slice(1)) {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
      if (state !== '0A' || !sockets.has(inode)) continue;
      const hex = local.split(':')[0] ?? '';
      addresses.add(hex === '0100007F' ? '127.0.0.1' : hex);
    }
  }
  return [...addresses];
}

test("a server of the user's own gets the search attributes that it lacks, once", async () => {
  const { address } = await start();
  const connection = await Connection.connect({ address });
  connections.push(connection);
  await connection.operatorService.removeSearchAttributes({
    namespace: 'default',
    searchAttributes: [searchAttributes.risk],
  });
  await prepareTemporal({ address, namespace: 'default' });
  await prepareTemporal({ address, namespace: 'default' });
  const { customAttributes } = await connection.operatorService.listSearchAttributes({
    namespace: 'default',
  });
  expect(Object.keys(customAttributes)).toEqual(expect.arrayContaining(Object.values(searchAttributes)));
});

test('an attribute of another type, and a server that does not answer, are said with what to do', async () => {
  const { address } = await start();
  const connection = await Connection.connect({ address });
  connections.push(connection);
  const wrong = { namespace: 'default', searchAttributes: { [searchAttributes.risk]: 3 } };
  await connection.operatorService.removeSearchAttributes({
    namespace: 'default',
    searchAttributes: [searchAttributes.risk],
  });
  await connection.operatorService.addSearchAttributes(wrong);
  const preparing = prepareTemporal({ address, namespace: 'default' });
  await expect(preparing).rejects.toThrow(/has UnderstudyRisk, but not as Keyword/);
  const nobody = prepareTemporal({ address: '127.0.0.1:9', namespace: 'default' });
  await expect(nobody).rejects.toThrow(/no Temporal server answers at 127.0.0.1:9/);
});

test.each([
  ['temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)', true],
  ['temporal version 0.0.0-DEV (Server 1.29.1, UI 2.42.1)', true],
  ['temporal version 1.8.2 (Server 1.31.2, UI 2.50.0)', true],
  ['temporal version 1.1.0 (Server 1.25.0, UI 2.30.3)', false],
  ['tctl version 1.18.1', false],
])('on PATH, %s: %s', (output, fits) => {
  expect(isRecentEnough(output)).toBe(fits);
});
