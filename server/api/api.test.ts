import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { importSPKI, jwtVerify } from 'jose';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { grantAudience } from '#domain/grant.ts';
import { workflowIds } from '#domain/ids.ts';
import { putCase } from '#store/cases.ts';
import { appendEvent } from '#store/events.ts';
import { putEvidence } from '#store/evidence.ts';
import { takeOver } from '#store/incidents.ts';
import { anIncident } from '#store/test-store.ts';
import { useTemporal } from '#test/setup/services.ts';
import { grantPublicKeyFileName } from '../approvals/signing-keys.ts';
import { openTestGate } from '../approvals/test-gates.ts';
import { anAlertmanagerBody, internalToken, type TestServer, useServer } from '../test-server.ts';

async function openIncident(server: TestServer, groupKey = 'g'): Promise<string> {
  const path = '/api/v1/intake/alertmanager';
  const { body } = await server.ask('POST', path, server.keys.intake, anAlertmanagerBody({ groupKey }));
  return String(body.incidentId);
}

const until = async (condition: () => Promise<boolean>): Promise<void> => {
  for (let tries = 0; tries < 2000; tries += 1) {
    if (await condition()) return;
    await pause(50);
  }
  throw new Error('what was waited for did not happen');
};

describe('incidents', () => {
  test('are listed and told whole', async () => {
    const server = await useServer();
    const id = await openIncident(server);
    const { admin } = server.keys;
    const list = await server.ask('GET', '/api/v1/incidents?status=open', admin);
    expect(list).toMatchObject({
      status: 200,
      body: { items: [{ id, title: 'HighErrorRate: Too many errors' }] },
    });
    const detail = await server.ask('GET', `/api/v1/incidents/${id}`, admin);
    expect(detail.body).toMatchObject({
      ...{ incident: { id, phase: 'received' }, alerts: [{ status: 'firing' }] },
      ...{ turns: [], toolCalls: [], plans: [], steps: [], gates: [], ledger: [] },
    });
    await server.db.run((tx) =>
      putCase(tx, {
        ...{ incidentId: id, openedAt: '2026-11-21T10:00:00Z', closedAt: '2026-11-21T10:10:00Z' },
        case: { title: 't', alertNames: [], symptoms: [], outcome: 'mended', steps: [], story: 's' },
      }),
    );
    expect((await server.ask('GET', '/api/v1/cases', admin)).body).toMatchObject({
      items: [{ incidentId: id, case: { title: 't' }, closedAt: '2026-11-21T10:10:00.000Z' }],
    });
  });

  test('tell what the tools answered, page by page', async () => {
    const server = await useServer();
    const id = await openIncident(server);
    const at = '2026-11-21T10:00:00Z';
    const call = { server: 'prometheus', tool: 'monitors', arguments: {}, why: 'w' };
    await server.db.run(async (tx) => {
      for (let callSeq = 1; callSeq <= 9; callSeq += 1) {
        const evidence = {
          ...{ id: `e${callSeq}`, call, asOf: at, output: { items: [callSeq] } },
          ...{ digest: '', truncated: false, gaps: [] },
        };
        await putEvidence(tx, { incidentId: id, workflowId: 'w', callSeq, evidence, durationMs: 1 });
      }
    });
    const pageSchema = z.object({
      items: z.array(z.object({ id: z.string() })),
      nextCursor: z.string().optional(),
    });
    const path = `/api/v1/incidents/${id}/evidence`;
    const first = pageSchema.parse((await server.ask('GET', path, server.keys.admin)).body);
    const rest = pageSchema.parse(
      (await server.ask('GET', `${path}?cursor=${first.nextCursor}`, server.keys.admin)).body,
    );
    expect(first.items).toHaveLength(8);
    expect(rest).toEqual({ items: [{ id: 'e9' }] });
    expect([...first.items, ...rest.items].map((item) => item.id)).toEqual(
      Array.from({ length: 9 }, (_, index) => `e${index + 1}`),
    );
    expect((await server.ask('GET', path, undefined)).status).toBe(401);
  });

  test.each([
    ['GET', '/api/v1/incidents/01995000-0000-7000-8000-000000000000/evidence', 404, 'not-found'],
    ['GET', '/api/v1/incidents/01995000-0000-7000-8000-000000000000', 404, 'not-found'],
    ['GET', '/api/v1/incidents/1%27%20OR%201=1', 400, 'bad-input'],
    ['GET', '/api/v1/incidents?limit=0', 400, 'bad-input'],
    ['GET', '/api/v1/incidents?cursor=x', 400, 'bad-input'],
    ['GET', '/api/v1/approvals/nowhere', 404, 'not-found'],
    ['GET', '/api/v1/nothing-here', 404, 'not-found'],
  ])('%s %s is %d, as a problem', async (method, path, status, code) => {
    const server = await useServer();
    const answer = await server.ask(method, path, server.keys.admin);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body).toMatchObject({ code, status });
  });
});

describe('taking over', () => {
  test('is on record although Temporal is away, and says so', async () => {
    const server = await useServer();
    const id = await openIncident(server);
    const answer = await server.ask('POST', `/api/v1/incidents/${id}/take-over`, server.keys.admin, {});
    expect(answer.status).toBe(503);
    const detail = await server.ask('GET', `/api/v1/incidents/${id}`, server.keys.admin);
    expect(detail.body).toMatchObject({ incident: { takenOverBy: 'admin' } });
  });

  test('is told to the workflow; of two people the second is refused', async () => {
    const temporal = await useTemporal();
    const server = await useServer({ temporal });
    const id = await openIncident(server);
    const connection = await Connection.connect({ address: temporal.address });
    const handle = new Client({ connection, namespace: temporal.namespace }).workflow.getHandle(
      workflowIds.incident(id),
    );
    await until(() =>
      handle.describe().then(
        () => true,
        () => false,
      ),
    );
    const path = `/api/v1/incidents/${id}/take-over`;
    const answer = await server.ask('POST', path, server.keys.admin, { reason: 'I know this one' });
    expect(answer).toMatchObject({ status: 200, body: { takenOverBy: 'admin' } });
    const { events } = await handle.fetchHistory();
    const names = events?.map((event) => event.workflowExecutionSignaledEventAttributes?.signalName);
    expect(names?.filter(Boolean)).toEqual(['alertDelivered', 'takeOver']);
    const other = await openIncident(server, 'other');
    await server.db.run((tx) => takeOver(tx, other, 'bob', '2026-11-21T10:00:00Z'));
    const refused = await server.ask('POST', `/api/v1/incidents/${other}/take-over`, server.keys.admin, {});
    expect(refused).toMatchObject({ status: 409, body: { detail: expect.stringContaining('bob') } });
    await connection.close();
  });
});

describe('ending an incident by hand', () => {
  const reason = 'the node was replaced';

  test('is on record and told to the workflow, whoever had it', async () => {
    const temporal = await useTemporal();
    const server = await useServer({ temporal });
    const id = await openIncident(server);
    await server.db.run((tx) => takeOver(tx, id, 'bob', '2026-11-21T10:00:00Z'));
    const connection = await Connection.connect({ address: temporal.address });
    onTestFinished(() => connection.close());
    const client = new Client({ connection, namespace: temporal.namespace });
    const handle = client.workflow.getHandle(workflowIds.incident(id));
    await until(() =>
      handle.describe().then(
        () => true,
        () => false,
      ),
    );
    const path = `/api/v1/incidents/${id}/close`;
    const answer = await server.ask('POST', path, server.keys.admin, { reason });
    expect(answer).toMatchObject({ status: 200, body: { closedBy: 'admin', reason } });
    const { events } = await handle.fetchHistory();
    const names = events?.map((event) => event.workflowExecutionSignaledEventAttributes?.signalName);
    expect(names?.filter(Boolean)).toEqual(['alertDelivered', 'close']);
    const audit = await server.db.asOwner(`SELECT actor, action, data FROM audit WHERE subject = '${id}'`);
    expect(audit).toEqual([{ actor: 'admin', action: 'incident.close', data: { reason } }]);
  });

  test('closes at once what has no workflow any more; the second one is told so', async () => {
    const temporal = await useTemporal();
    const server = await useServer({ temporal });
    const id = await openIncident(server);
    const connection = await Connection.connect({ address: temporal.address });
    onTestFinished(() => connection.close());
    const client = new Client({ connection, namespace: temporal.namespace });
    const handle = client.workflow.getHandle(workflowIds.incident(id));
    await until(() =>
      handle.terminate('by hand').then(
        () => true,
        () => false,
      ),
    );
    const path = `/api/v1/incidents/${id}/close`;
    expect((await server.ask('POST', path, server.keys.admin, { reason })).status).toBe(200);
    const detail = await server.ask('GET', `/api/v1/incidents/${id}`, server.keys.admin);
    expect(detail.body).toMatchObject({
      incident: { status: 'closed', outcome: 'handed-over', belief: `admin: ${reason}` },
    });
    expect((await server.ask('POST', path, server.keys.admin, { reason })).status).toBe(409);
  });

  test('needs a reason, and a key that may', async () => {
    const server = await useServer();
    const path = `/api/v1/incidents/${await openIncident(server)}/close`;
    for (const body of [{}, { reason: '  ' }])
      expect((await server.ask('POST', path, server.keys.admin, body)).status).toBe(400);
    expect((await server.ask('POST', path, server.keys.intake, { reason })).status).toBe(403);
  });
});

describe('the stream of events', () => {
  test('is cut off for readers who do not read, and holds none of their places', async () => {
    const server = await useServer();
    const open = () =>
      server.app.request('/api/v1/events?after=latest', {
        headers: { authorization: `Bearer ${server.keys.admin}` },
      });
    for (let n = 0; n < 50; n += 1) expect((await open()).status).toBe(200);
    expect((await open()).status).toBe(503);
    const incidentId = await anIncident(server.db);
    const at = '2026-11-21T10:00:02.000Z';
    await server.db.run(async (tx) => {
      for (let n = 0; n < 5_100; n += 1)
        await appendEvent(tx, { incidentId, at, type: 'alert.received', data: { n } });
    });
    await expect.poll(async () => (await open()).status, { timeout: 60_000 }).toBe(200);
  });

  /** Reads the stream until there are so many events, then hangs up. */
  async function read(server: TestServer, path: string, count: number, headers: Record<string, string> = {}) {
    const hangUp = new AbortController();
    const answer = await server.app.request(path, {
      headers: { authorization: `Bearer ${server.keys.admin}`, ...headers },
      signal: hangUp.signal,
    });
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    const seen: { id: string; type: string; incidentId: string }[] = [];
    let text = '';
    for await (const part of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += part;
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const lines = new Map(
          text
            .slice(0, end)
            .split('\n')
            .map((line) => [line.split(': ')[0] ?? '', line.slice(line.indexOf(': ') + 2)]),
        );
        text = text.slice(end + 2);
        if (!lines.has('id')) continue;
        const { incidentId } = z
          .object({ incidentId: z.string() })
          .parse(JSON.parse(lines.get('data') ?? ''));
        seen.push({ id: lines.get('id') ?? '', type: lines.get('event') ?? '', incidentId });
      }
      if (seen.length >= count) break;
    }
    hangUp.abort();
    return seen;
  }

  test('goes from what was to what comes, without a gap or a repeat', async () => {
    const server = await useServer();
    const id = await openIncident(server);
    const reading = read(server, '/api/v1/events', 41);
    for (let n = 0; n < 40; n += 1) {
      const event = {
        incidentId: id,
        at: '2026-11-21T10:00:00Z',
        type: 'incident.phase' as const,
        data: { n },
      };
      await server.db.run((tx) => appendEvent(tx, event));
      if (n % 10 === 0) await pause(120);
    }
    expect((await reading).map((event) => event.id)).toEqual(
      Array.from({ length: 41 }, (_, n) => String(n + 1)),
    );
  });

  test('goes on after the last one that a reader had seen', async () => {
    const server = await useServer();
    await openIncident(server, 'a');
    await openIncident(server, 'b');
    const seen = await read(server, '/api/v1/events', 1, { 'last-event-id': '1' });
    expect(seen).toMatchObject([{ id: '2', type: 'incident.opened' }]);
  });

  test('may be of one incident, or only of what comes', async () => {
    const server = await useServer();
    await openIncident(server, 'a');
    const other = await openIncident(server, 'b');
    expect(await read(server, `/api/v1/events?incidentId=${other}`, 1)).toMatchObject([
      { incidentId: other },
    ]);
    const reading = read(server, '/api/v1/events?after=latest', 1);
    await pause(200);
    const late = await openIncident(server, 'c');
    expect(await reading).toMatchObject([{ incidentId: late }]);
  });
});

describe('approvals', () => {
  test('are seen, decided once, judged for the workflow and turned into a grant', async () => {
    const temporal = await useTemporal();
    const server = await useServer({ temporal });
    const { admin, intake } = server.keys;
    const connection = await Connection.connect({ address: temporal.address });
    onTestFinished(() => connection.close());
    const gate = await openTestGate(server.db, new Client({ connection, namespace: temporal.namespace }), {});
    const path = `/api/v1/approvals/${gate.gateId}`;
    const list = await server.ask('GET', '/api/v1/approvals?status=open', admin);
    expect(list.body).toMatchObject({ items: [{ gateId: gate.gateId, argsHash: gate.argsHash }] });

    const internal = (what: string) =>
      server.ask('POST', `/internal/v1/gates/${gate.gateId}/${what}`, internalToken);
    expect(await internal('judge')).toMatchObject({ status: 200, body: { state: 'open', approvals: 0 } });
    expect(await internal('grant')).toMatchObject({ status: 409, body: { code: 'grant-refused' } });

    const yes = { decision: 'approve', argsHash: gate.argsHash, channel: 'cli' };
    expect((await server.ask('POST', `${path}/decide`, intake, yes)).status).toBe(403);
    const malformed = await server.ask('POST', `${path}/decide`, admin, { ...yes, decision: 'maybe' });
    expect(malformed).toMatchObject({ status: 400, body: { field: 'decision' } });
    const decided = await server.ask('POST', `${path}/decide`, admin, yes);
    expect(decided).toMatchObject({
      ...{
        status: 200,
        body: { recorded: true, accepted: true, gate: { state: 'approved', by: ['admin'] } },
      },
    });
    expect((await server.ask('POST', `${path}/decide`, admin, yes)).status).toBe(409);
    expect((await server.ask('GET', path, admin)).body).toMatchObject({
      ...{ gate: { status: 'approved' }, decisions: [{ user: 'admin', channel: 'cli', accepted: true }] },
    });

    expect((await internal('judge')).body).toEqual({ state: 'approved', by: ['admin'] });
    const granted = await internal('grant');
    const { grant } = z.object({ grant: z.string() }).parse(granted.body);
    const pem = await readFile(join(server.settings.keyFolder, grantPublicKeyFileName), 'utf8');
    const { payload } = await jwtVerify(grant, await importSPKI(pem, 'EdDSA'), { audience: grantAudience });
    expect(payload).toMatchObject({ gateId: gate.gateId, approvedBy: ['admin'] });
  });
});

describe('the kill switch', () => {
  test('is the administrator’s; everybody may see it', async () => {
    const server = await useServer();
    const { admin, rangeApprover } = server.keys;
    const path = '/api/v1/stop-all';
    expect((await server.ask('POST', path, rangeApprover, { stopped: true })).status).toBe(403);
    expect((await server.ask('GET', path, rangeApprover)).body).toEqual({ stopped: false });
    const on = await server.ask('POST', path, admin, { stopped: true, reason: 'strange things happen' });
    expect(on.body).toMatchObject({ stopped: true, by: 'admin', reason: 'strange things happen' });
    expect((await server.ask('GET', '/api/v1/status', admin)).body).toMatchObject({ stopped: true });
    expect((await server.ask('POST', path, admin, { stopped: false })).body).toMatchObject({
      stopped: false,
    });
    const audit = await server.db.asOwner('SELECT actor, action FROM audit ORDER BY seq');
    expect(audit.slice(-2)).toEqual([
      { actor: 'admin', action: 'stop-all.on' },
      { actor: 'admin', action: 'stop-all.off' },
    ]);
  });
});

describe('the audit trail', () => {
  test('is read and checked by those who may', async () => {
    const server = await useServer();
    const { admin, rangeApprover } = server.keys;
    expect((await server.ask('GET', '/api/v1/audit', rangeApprover)).status).toBe(403);
    await server.ask('POST', '/api/v1/stop-all', admin, { stopped: false });
    const { body } = await server.ask('GET', '/api/v1/audit?limit=1&after=1', admin);
    expect(body).toMatchObject({ items: [{ seq: 2, actor: 'admin', action: 'stop-all.off' }] });
    const check = '/api/v1/audit/check';
    expect((await server.ask('GET', check, admin)).body).toEqual({
      ...{ audit: { ok: true, rows: 2 }, ledger: { ok: true, rows: 0 } },
    });
    await server.db.asOwner('ALTER TABLE audit DISABLE TRIGGER append_only');
    await server.db.asOwner(`UPDATE audit SET actor = 'mallory' WHERE seq = 2`);
    expect((await server.ask('GET', check, admin)).body).toMatchObject({ audit: { ok: false, brokenAt: 2 } });
  });
});

describe('what is not for API keys', () => {
  test('our own processes’ door opens to their token alone', async () => {
    const server = await useServer();
    const path = '/internal/v1/gates/nowhere/judge';
    expect((await server.ask('POST', path, server.keys.admin)).status).toBe(401);
    expect((await server.ask('POST', path, undefined)).status).toBe(401);
    expect((await server.ask('POST', path, internalToken)).status).toBe(404);
    expect((await server.ask('GET', '/api/v1/me', internalToken)).status).toBe(401);
  });
});

test('a body of the API that is too large is refused', async () => {
  const server = await useServer();
  const body = { stopped: true, reason: 'x'.repeat(300_000) };
  expect((await server.ask('POST', '/api/v1/stop-all', server.keys.admin, body)).status).toBe(413);
});

test('whoever asks is told who they are, and what the instance is like', async () => {
  const server = await useServer();
  const { admin, rangeApprover } = server.keys;
  expect((await server.ask('GET', '/api/v1/me', admin)).body).toEqual({
    ...{ name: 'admin', kind: 'person', roles: ['admin', 'approver'] },
  });
  expect((await server.ask('GET', '/api/v1/me', rangeApprover)).body).toMatchObject({
    environments: ['practice'],
  });
  await openIncident(server);
  expect((await server.ask('GET', '/api/v1/status', admin)).body).toMatchObject({
    ...{ tenant: 'default', readOnly: false, temporal: { reachable: false } },
    ...{ incidents: { open: 1 }, approvals: { open: 0 }, outbox: { waiting: 1 } },
  });
});

test('the API describes itself, and every answer forbids what a browser should not do with it', async () => {
  const server = await useServer();
  const { body, headers } = await server.ask('GET', '/api/v1/openapi.json', undefined);
  const paths = Object.keys(
    z.object({ openapi: z.literal('3.1.0'), paths: z.record(z.string(), z.unknown()) }).parse(body).paths,
  );
  expect(paths).toEqual(
    expect.arrayContaining([
      '/api/v1/intake/alertmanager',
      '/api/v1/incidents/{id}',
      '/api/v1/incidents/{id}/take-over',
      '/api/v1/incidents/{id}/close',
      '/api/v1/incidents/{id}/evidence',
      '/api/v1/users',
      '/api/v1/users/{name}/otp-renew',
      '/api/v1/approvals/{gateId}/decide',
      '/api/v1/events',
      '/api/v1/stop-all',
      '/api/v1/patrols',
      '/api/v1/patrols/{name}/run',
    ]),
  );
  expect(paths.some((path) => path.startsWith('/internal'))).toBe(false);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('x-frame-options')).toBe('SAMEORIGIN');
});

test('a trace id that comes with a request is the one in the answer', async () => {
  const server = await useServer();
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const answer = await server.app.request('/api/v1/me', {
    headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
  });
  expect(await answer.json()).toMatchObject({ traceId });
});

test('health, readiness and metrics need no key', async () => {
  const server = await useServer();
  expect((await server.ask('GET', '/healthz', undefined)).status).toBe(200);
  expect((await server.ask('GET', '/readyz', undefined)).status).toBe(200);
  await openIncident(server);
  const metrics = await server.ask('GET', '/metrics', undefined);
  expect(metrics.body.text).toContain('understudy_deliveries_total{outcome="opened"} 1');
  expect(metrics.body.text).toContain('route="/api/v1/intake/alertmanager"');
});
