import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workflowIds } from '#domain/ids.ts';
import type { PatrolSighting } from '#domain/patrol.ts';
import { plusSeconds } from '#domain/time.ts';
import { anAlertmanagerBody, openTestServer, type TestServer } from '#server/test-server.ts';
import { openGate } from '#store/gates.ts';
import { recordLook } from '#store/patrols.ts';
import { useTemporal } from '#test/setup/services.ts';
import { resolvedWebhook } from './practice/resolved-webhook.ts';
import { type Ran, type RunOptions, run, temporaryFolder } from './testing/run.ts';
import { gate } from './testing/samples.ts';

/** The command line against the real server, on a real PostgreSQL and a real Temporal; no worker runs. */
let server: TestServer;
let http: ReturnType<typeof serve>;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let connection: Connection;
let url: string;

beforeAll(async () => {
  const temporal = await useTemporal();
  server = await openTestServer({ temporal });
  connection = await Connection.connect({ address: temporal.address });
  http = serve({ fetch: server.app.fetch, port: 0, hostname: '127.0.0.1' });
  await new Promise((resolve) => http.once('listening', resolve));
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const { admin, intake, rangeApprover } = server.keys;
  folder = await temporaryFolder({ admin, intake, 'range-approver': rangeApprover, wrong: `${admin}x` });
});
afterAll(async () => {
  http.close();
  await connection.close();
  await server.stop();
  await folder.remove();
});

function cli(argv: readonly string[], options: RunOptions & { key?: string } = {}): Promise<Ran> {
  const key = join(folder.path, options.key ?? 'admin');
  return run(argv, {
    ...{ cwd: folder.path, ...options },
    environment: { UNDERSTUDY_URL: url, UNDERSTUDY_API_KEY_FILE: key, ...options.environment },
  });
}

async function alertOf(groupKey: string): Promise<string> {
  const sent = await cli(['alert', 'send', '-f', '-', '-o', 'json'], {
    stdin: JSON.stringify(anAlertmanagerBody({ groupKey })),
  });
  return String(JSON.parse(sent.stdout).incidentId);
}

/** A gate as a remediation opens it, with its workflow in Temporal. */
async function openedGate(cluster = 'range'): Promise<{ gateId: string; incidentId: string }> {
  const incidentId = await alertOf(randomUUID());
  const workflowId = workflowIds.remediation(incidentId, 1);
  const client = new Client({ connection, namespace: server.settings.temporal.namespace });
  const handle = await client.workflow.start('remediationWorkflow', {
    ...{ workflowId, taskQueue: 'nobody', args: [{ tenant: 'default', incidentId, planNo: 1 }] },
  });
  const openedAt = new Date().toISOString();
  const gateId = randomUUID();
  await server.db.run((tx) =>
    openGate(tx, {
      ...{ ...gate, gateId, incidentId, workflowId, runId: handle.firstExecutionRunId, openedAt },
      object: { ...gate.object, cluster },
      escalateAt: plusSeconds(openedAt, 600),
      expiresAt: plusSeconds(openedAt, 1800),
    }),
  );
  return { gateId, incidentId };
}

test('a sample alert becomes an incident that is listed and shown', async () => {
  const sent = await cli(['alert', 'send', '--sample', '-o', 'json']);
  expect(sent).toMatchObject({ code: 0, stderr: '' });
  const { incidentId } = JSON.parse(sent.stdout);
  expect((await cli(['incident', 'ls'])).stdout).toContain('UnderstudySample');
  const shown = await cli(['incident', 'show', incidentId]);
  expect(shown.stdout).toContain('Nothing is wrong.');
});

test.each([
  ['a key that is not known', 'wrong', ['incident', 'ls']],
  ['a key that may only send alerts', 'intake', ['incident', 'ls']],
  ['an account that may not stop everything', 'range-approver', ['stop-all', 'on']],
])('%s ends with 4', async (_name, key, argv) => {
  const ran = await cli(argv, { key });
  expect(ran.code).toBe(4);
  expect(ran.stdout).toBe('');
});

test('an approval counts, once; a second one is told that it is decided', async () => {
  const { gateId } = await openedGate();
  expect((await cli(['approvals', 'ls'])).stdout).toContain(gateId.slice(0, 8));
  const ran = await cli(['approve', gateId.slice(0, 8), '--yes', '-o', 'json']);
  expect(ran.code).toBe(0);
  expect(JSON.parse(ran.stdout)).toMatchObject({ gateId, decision: 'approve', status: 'approved' });
  expect((await cli(['approve', gateId, '--yes'])).code).toBe(5);
  const audit = await server.db.asOwner(`SELECT actor, outcome, proof FROM audit WHERE subject = $1`, [
    gateId,
  ]);
  expect(audit).toMatchObject([
    { actor: 'admin', outcome: 'accepted', proof: { kind: 'token', channel: 'cli' } },
  ]);
});

test('a rejection with its reason is on record', async () => {
  const { gateId } = await openedGate();
  const ran = await cli(['reject', gateId, '--reason', 'not tonight', '-o', 'json']);
  expect(ran.code).toBe(0);
  const [row] = await server.db.asOwner(`SELECT body FROM decisions WHERE gate_id = $1`, [gateId]);
  expect(row).toMatchObject({
    body: { decision: 'reject', reason: 'not tonight', user: 'admin', accepted: true },
  });
});

test('the range’s approver decides in practice and nowhere else', async () => {
  const practice = await openedGate();
  expect((await cli(['approve', practice.gateId, '--yes'], { key: 'range-approver' })).code).toBe(0);
  const production = await openedGate('prod-sh1');
  const refused = await cli(['approve', production.gateId, '--yes'], { key: 'range-approver' });
  expect(refused.code).toBe(4);
  const [row] = await server.db.asOwner(`SELECT status FROM gates WHERE gate_id = $1`, [production.gateId]);
  expect(row).toEqual({ status: 'open' });
});

test('an incident is watched from its beginning, and what happens meanwhile comes live', async () => {
  const incidentId = await alertOf(randomUUID());
  const ended = new AbortController();
  let seen = '';
  const watching = cli(['incident', 'watch', incidentId, '-o', 'json'], {
    signal: ended.signal,
    onOutput: (text) => {
      seen = text;
    },
  });
  await until(() => seen.includes('incident.opened'));
  expect((await cli(['incident', 'take-over', incidentId, '--reason', 'mine'])).code).toBe(0);
  await until(() => seen.includes('incident.taken-over'));
  ended.abort('SIGINT');
  const { code, stdout } = await watching;
  expect(code).toBe(130);
  const types = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).type);
  expect(types).toEqual(['incident.opened', 'incident.taken-over']);
});

test('the end of an alert that is told in Alertmanager’s place is taken as one', async () => {
  const incidentId = await alertOf(randomUUID());
  const found = JSON.parse((await cli(['incident', 'show', incidentId, '-o', 'json'])).stdout);
  const body = JSON.stringify(resolvedWebhook(found, Date.now()));
  const sent = await cli(['alert', 'send', '-f', '-', '-o', 'json'], { stdin: body });
  expect(JSON.parse(sent.stdout)).toEqual({ incidentId, outcome: 'resolved' });
});

test('an incident is ended by hand, with a reason', async () => {
  const incidentId = await alertOf(randomUUID());
  // Its workflow is started by the dispatcher, a moment later.
  const client = new Client({ connection, namespace: server.settings.temporal.namespace });
  const handle = client.workflow.getHandle(workflowIds.incident(incidentId));
  await expect.poll(() => handle.describe().catch(() => undefined), { timeout: 20_000 }).toBeDefined();
  const without = await cli(['incident', 'close', incidentId]);
  expect(without).toMatchObject({ code: 2, stdout: '' });
  expect(without.stderr).toContain('--reason');
  const ran = await cli(['incident', 'close', incidentId, '--reason', 'the node was replaced', '-o', 'json']);
  expect(ran.code).toBe(0);
  expect(JSON.parse(ran.stdout)).toEqual({
    ...{ incidentId, closedBy: 'admin', reason: 'the node was replaced' },
  });
});

test('accounts are made, listed and shut out; what is shown once is shown', async () => {
  const added = await cli(['user', 'add', 'ana', '--role', 'responder', 'approver']);
  expect(added.code).toBe(0);
  const key = /us_[0-9a-f]{16}_[\w-]{43}/.exec(added.stdout)?.[0] ?? '';
  expect(added.stdout).toContain('otpauth://totp/Understudy:ana');
  await writeFile(join(folder.path, 'ana'), key, { mode: 0o600 });
  expect((await cli(['incident', 'ls'], { key: 'ana' })).code).toBe(0);
  expect((await cli(['user', 'ls'], { key: 'ana' })).code).toBe(4);
  expect((await cli(['user', 'ls'])).stdout).toMatch(
    /ana +person +responder, approver +everywhere +1 +active/,
  );
  expect((await cli(['user', 'disable', 'ana'])).stdout).toContain('user enable ana');
  expect((await cli(['incident', 'ls'], { key: 'ana' })).code).toBe(4);
  expect((await cli(['user', 'enable', 'ana'])).code).toBe(0);
  const revoked = await cli(['user', 'revoke-keys', 'ana', '-o', 'json']);
  expect(JSON.parse(revoked.stdout)).toEqual({ name: 'ana', revokedKeys: 1 });
  expect((await cli(['incident', 'ls'], { key: 'ana' })).code).toBe(4);
  const seed = JSON.parse((await cli(['user', 'otp-renew', 'ana', '-o', 'json'])).stdout).totp.secret;
  expect(added.stdout).not.toContain(seed);
});

test.each([
  [['user', 'add', 'bob', '--role', 'king'], 2, 'approver'],
  [['user', 'add', 'Bob B'], 2, 'name'],
  [['user', 'otp-renew', 'nobody'], 3, 'nobody'],
  [['user', 'disable', 'admin'], 5, 'another administrator'],
])('%j ends with %d', async (argv, code, said) => {
  const ran = await cli(argv);
  expect(ran).toMatchObject({ code, stdout: '' });
  expect(ran.stderr).toContain(said);
});

test('the kill switch is switched on and off', async () => {
  const on = await cli(['stop-all', 'on', '--reason', 'migration', '-o', 'json']);
  expect(JSON.parse(on.stdout)).toMatchObject({ stopped: true, by: 'admin', reason: 'migration' });
  expect(JSON.parse((await cli(['stop-all', 'off', '-o', 'json'])).stdout)).toMatchObject({ stopped: false });
});

test('a malformed alert is a usage error that names the field', async () => {
  const stdin = JSON.stringify(anAlertmanagerBody({ alerts: 'two' }));
  const ran = await cli(['alert', 'send', '-f', '-'], { stdin });
  expect(ran.code).toBe(2);
  expect(ran.stderr).toContain('alerts');
});

async function until(isSo: () => boolean): Promise<void> {
  const untilMs = Date.now() + 30_000;
  while (!isSo()) {
    if (Date.now() > untilMs) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const volume = { cluster: 'range', kind: 'PersistentVolumeClaim', namespace: 'depot', name: 'ledger-data' };
const fills: PatrolSighting = {
  key: 'a-volume',
  kind: 'forecast',
  object: volume,
  cause: 'disk',
  message: 'it fills',
  isCertain: true,
  isFelt: true,
  forecast: {
    what: 'disk',
    level: 0.7,
    notBefore: '2026-12-02T10:00:00Z',
    about: '2026-12-02T11:00:00Z',
    atLatest: '2026-12-02T13:00:00Z',
  },
};
const at = '2026-12-01T10:00:00Z';
const seenSince = { firstSeenAt: at, lastSeenAt: at, looks: 2, isOld: false };

test('what patrols see is listed and shown, in both languages; a round is started where there are patrols', async () => {
  const noPatrols = await cli(['patrol', 'ls']);
  expect(noPatrols).toMatchObject({ code: 0, stdout: '' });
  expect(noPatrols.stderr).toContain('No patrol has looked around yet');
  await server.db.run((tx) =>
    recordLook(tx, { name: 'health', lastLookAt: at, gaps: ['range: nodes: forbidden'] }, [
      { sighting: fills, ...seenSince },
      {
        ...{ sighting: { ...fills, key: 'gone', object: { ...volume, name: 'old-data' } }, ...seenSince },
        goneAt: at,
      },
    ]),
  );
  const zone = { environment: { TZ: 'UTC' } };
  const listed = await cli(['patrol', 'ls'], zone);
  expect(listed.stdout).toContain('PersistentVolumeClaim depot/ledger-data');
  expect(listed.stdout).toMatch(
    /full about 2026-12-0\d \d\d:00 \(not before .*, at the latest .*\), now 70 %/,
  );
  expect(listed.stdout).not.toContain('old-data');
  expect(listed.stderr).toContain('not seen: range: nodes: forbidden');
  expect((await cli(['patrol', 'ls', '--all'])).stdout).toContain('old-data');
  const [{ seen }] = JSON.parse((await cli(['patrol', 'ls', '-o', 'json'])).stdout);
  const shown = await cli(['patrol', 'show', seen[0].id.slice(0, 8), '--lang', 'zh']);
  expect(shown.stdout).toMatch(/写满（最早 .*，最晚 .*），当前 70%/);
  expect(await cli(['patrol', 'show', 'ffffffffffff'])).toMatchObject({ code: 3 });

  const off = await cli(['patrol', 'run']);
  expect(off.code).not.toBe(0);
  expect(off.stderr).toContain('patrol.everyMinutes');
  const client = new Client({ connection, namespace: server.settings.temporal.namespace });
  const workflowId = workflowIds.patrol('health');
  const schedule = await client.schedule.create({
    scheduleId: workflowId,
    spec: {},
    action: {
      type: 'startWorkflow',
      workflowType: 'patrolWorkflow',
      workflowId,
      taskQueue: 'nobody',
      args: [],
    },
  });
  expect(await cli(['patrol', 'run'])).toMatchObject({ code: 0 });
  const { info } = await schedule.describe();
  expect(info.recentActions.length + info.runningActions.length).toBeGreaterThan(0);
  expect(await cli(['patrol', 'run'], { key: 'range-approver' })).toMatchObject({ code: 4 });
});
