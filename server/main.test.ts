import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '#machine/ports.ts';
import { writePrivateFile } from '#machine/private-file.ts';
import { processSettingsVariable } from '#machine/process-settings.ts';
import { useFolder } from '#store/test-folder.ts';
import { type TestStore, useStore } from '#store/test-store.ts';
import { bootstrapTenant } from './auth/first-start.ts';
import { anAlertmanagerBody } from './test-server.ts';

type Running = {
  readonly child: ChildProcess;
  readonly url: string;
  readonly db: TestStore;
  readonly folder: string;
  readonly intakeKey: string;
  readonly adminKey: string;
};

async function startProcess(databaseUrl?: string): Promise<Running> {
  const db = await useStore();
  const first = await bootstrapTenant(db.store, {
    ...{ tenant: 'default', practice: true, now: new Date().toISOString() },
  });
  if (!first.created) throw new Error('the database is not empty');
  const folder = await useFolder();
  const port = await freePort();
  const file = join(folder, 'settings.json');
  const settings = {
    ...{ tenant: 'default', stateFolder: folder, databaseUrl: databaseUrl ?? db.databaseUrl },
    ...{ temporal: { address: '127.0.0.1:9', namespace: 'default' }, host: '127.0.0.1', port },
    ...{ publicUrl: '', keyFolder: join(folder, 'keys'), internalTokenFile: join(folder, 'token') },
    ...{ maxIntakeBytes: 1024 * 1024, clusters: [], serviceCatalogue: {}, readOnly: false },
  };
  await writePrivateFile(file, JSON.stringify(settings));
  const child = spawn(process.execPath, [fileURLToPath(new URL('main.ts', import.meta.url))], {
    env: { ...process.env, [processSettingsVariable]: file },
    stdio: 'ignore',
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 1000; tries += 1) {
    const alive = await fetch(`${url}/healthz`).catch(() => undefined);
    if (alive?.ok === true)
      return { child, url, db, folder, intakeKey: first.intakeKey, adminKey: first.apiKey };
    await pause(50);
  }
  throw new Error('the server did not come up');
}

function post({ url, intakeKey }: Running, groupKey: string): Promise<Response> {
  return fetch(`${url}/api/v1/intake/alertmanager`, {
    method: 'POST',
    headers: { authorization: `Bearer ${intakeKey}` },
    body: JSON.stringify(anAlertmanagerBody({ groupKey })),
  });
}

test('the process serves, keeps its token to itself, and ends cleanly with streams open', async () => {
  const running = await startProcess();
  expect((await fetch(`${running.url}/readyz`)).status).toBe(200);
  expect((await post(running, 'a')).status).toBe(202);
  expect((await stat(join(running.folder, 'token'))).mode & 0o777).toBe(0o600);
  expect((await readFile(join(running.folder, 'token'), 'utf8')).trim()).toMatch(/^[\w-]{43}$/);
  const stream = await fetch(`${running.url}/api/v1/events`, {
    headers: { authorization: `Bearer ${running.adminKey}` },
  });
  expect(stream.status).toBe(200);
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
  let seen = '';
  while (!seen.includes('incident.opened')) seen += (await reader?.read())?.value ?? '';
  const ended = once(running.child, 'exit');
  running.child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  // The stream was ended, not cut off.
  expect((await reader?.read())?.done).toBe(true);
});

test('a reader who hangs up leaves nothing behind', async () => {
  const running = await startProcess();
  const open = (signal: AbortSignal): Promise<Response> =>
    fetch(`${running.url}/api/v1/events`, {
      headers: { authorization: `Bearer ${running.adminKey}` },
      signal,
    });
  const hangUp = new AbortController();
  const streams = await Promise.all(Array.from({ length: 50 }, () => open(hangUp.signal)));
  expect(streams.map((stream) => stream.status)).toEqual(Array(50).fill(200));
  const later = new AbortController();
  onTestFinished(() => later.abort());
  expect((await open(later.signal)).status).toBe(503);
  hangUp.abort();
  for (let tries = 0; tries < 600; tries += 1) {
    if ((await open(later.signal)).status === 200) return;
    await pause(50);
  }
  throw new Error('the streams are still counted');
});

test('what was accepted before a kill -9 is there, every one', async () => {
  const running = await startProcess();
  let accepted = 0;
  let posting = true;
  const senders = Array.from({ length: 16 }, async (_, sender) => {
    for (let n = 0; posting; n += 1) {
      const answer = await post(running, `group-${sender}-${n}`).catch(() => undefined);
      if (answer?.status === 202) accepted += 1;
      if (answer === undefined) return;
    }
  });
  await expect.poll(() => accepted).toBeGreaterThan(20);
  running.child.kill('SIGKILL');
  posting = false;
  await Promise.all(senders);
  const [rows] = await running.db.asOwner(
    'SELECT (SELECT count(*) FROM deliveries)::int AS deliveries, (SELECT count(*) FROM outbox)::int AS outbox',
  );
  expect(Number(rows?.deliveries)).toBeGreaterThanOrEqual(accepted);
  expect(rows?.outbox).toBe(rows?.deliveries);
});

test('without a database it starts, says that it is not ready, and answers alerts with 503', async () => {
  const running = await startProcess('postgres://nobody@127.0.0.1:9/none');
  expect((await fetch(`${running.url}/readyz`)).status).toBe(503);
  const answer = await post(running, 'a');
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({ code: 'unavailable' });
});
