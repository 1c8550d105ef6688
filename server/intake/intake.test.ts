import { connect } from 'node:net';
import { serve } from '@hono/node-server';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { changesBetween } from '#store/changes.ts';
import { alertsOf } from '#store/deliveries.ts';
import { outboxBacklog } from '#store/outbox.ts';
import { anAlertmanagerBody, openTestServer, type TestServer, useServer } from '../test-server.ts';

const path = '/api/v1/intake/alertmanager';
const post = (server: TestServer, body: unknown, key = server.keys.intake) =>
  server.ask('POST', path, key, body);

async function countRows(server: TestServer, table: 'deliveries' | 'incidents'): Promise<number> {
  const [row] = await server.db.asOwner(`SELECT count(*)::int AS n FROM ${table}`);
  return Number(row?.n);
}

describe('an alert from Alertmanager', () => {
  test('is durable when it is accepted, also while Temporal is away', async () => {
    const server = await useServer();
    const { status, body } = await post(server, anAlertmanagerBody());
    expect(status).toBe(202);
    expect(body).toMatchObject({ outcome: 'opened', deliveryNo: 1 });
    const alerts = await server.db.run((tx) => alertsOf(tx, String(body.incidentId)));
    expect(alerts).toEqual([
      {
        ...{ fingerprint: '0123456789abcdef', status: 'firing', generatorUrl: 'http://prometheus/graph' },
        labels: { alertname: 'HighErrorRate', severity: 'critical', service: 'checkout' },
        ...{ annotations: { summary: 'Too many errors' }, startsAt: '2026-11-21T10:00:00.123456789Z' },
      },
    ]);
    expect(await server.db.run(outboxBacklog)).toMatchObject({ waiting: 1 });
  });

  test('sent twice at once is one delivery with the same answer', async () => {
    const server = await useServer();
    const [a, b] = await Promise.all([
      post(server, anAlertmanagerBody()),
      post(server, anAlertmanagerBody()),
    ]);
    expect([a.status, b.status]).toEqual([202, 202]);
    expect(a.body.deliveryId).toBe(b.body.deliveryId);
    expect([a.body.outcome, b.body.outcome].toSorted()).toEqual(['duplicate', 'opened']);
    expect(await countRows(server, 'deliveries')).toBe(1);
  });

  test('that ends is told to its incident', async () => {
    const server = await useServer();
    const first = await post(server, anAlertmanagerBody());
    const [alert] = Array.isArray(anAlertmanagerBody().alerts) ? [anAlertmanagerBody().alerts].flat() : [];
    const ended = { ...Object(alert), status: 'resolved', endsAt: '2026-11-21T10:05:00Z' };
    const { body } = await post(server, anAlertmanagerBody({ status: 'resolved', alerts: [ended] }));
    expect(body).toMatchObject({ outcome: 'resolved', incidentId: first.body.incidentId, deliveryNo: 2 });
  });

  test('may hold fields that nobody has heard of', async () => {
    const server = await useServer();
    const { status } = await post(
      server,
      anAlertmanagerBody({ notification_reason: 'repeat', x: [{ y: 1 }] }),
    );
    expect(status).toBe(202);
  });

  test('may be one of thousands of its group', async () => {
    const server = await useServer();
    const labels = { alertname: 'NodeDown', severity: 'critical', pod: 'x'.repeat(1000) };
    const alerts = Array.from({ length: 3000 }, (_, n) => ({
      ...{ status: 'firing', labels: { ...labels, instance: `node-${n}` } },
      startsAt: '2026-11-21T10:00:00Z',
    }));
    const { status, body } = await post(server, anAlertmanagerBody({ alerts }));
    expect(status).toBe(202);
    expect(await server.db.run((tx) => alertsOf(tx, String(body.incidentId)))).toHaveLength(3000);
  });

  test('may have a group key of any length, and its end finds it', async () => {
    const server = await useServer();
    const groupKey = `{}:{${'x="y", '.repeat(3000)}}`;
    const opened = await post(server, anAlertmanagerBody({ groupKey }));
    expect(opened).toMatchObject({ status: 202, body: { outcome: 'opened' } });
    const ended = await post(server, anAlertmanagerBody({ groupKey, status: 'resolved' }));
    expect(ended.body).toMatchObject({ outcome: 'resolved', incidentId: opened.body.incidentId });
  });

  test('may be sent with basic authentication', async () => {
    const server = await useServer();
    const authorization = `Basic ${Buffer.from(`alertmanager:${server.keys.intake}`).toString('base64')}`;
    const answer = await server.app.request(path, {
      ...{ method: 'POST', headers: { authorization }, body: JSON.stringify(anAlertmanagerBody()) },
    });
    expect(answer.status).toBe(202);
  });
});

const alertWith = (fields: object): object[] => [
  { status: 'firing', labels: {}, startsAt: '2026-11-21T10:00:00Z', ...fields },
];

describe('a malformed body is a 400 that names the field, and stores nothing:', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await openTestServer();
  });
  afterAll(() => server.stop());

  test.each([
    ['no JSON', 'not json', undefined],
    ['nothing', '', undefined],
    ['half of it', '{"groupKey":"x","ale', undefined],
    ['too deep to read', '['.repeat(500_000), undefined],
    ['a list', [], undefined],
    ['null', 'null', undefined],
    ['no group key', anAlertmanagerBody({ groupKey: undefined }), 'groupKey'],
    ['an empty group key', anAlertmanagerBody({ groupKey: '' }), 'groupKey'],
    ['a status that is none', anAlertmanagerBody({ status: 'burning' }), 'status'],
    ['no alerts', anAlertmanagerBody({ alerts: [] }), 'alerts'],
    ['alerts that are none', anAlertmanagerBody({ alerts: 'two' }), 'alerts'],
    [
      'a label that is no text',
      anAlertmanagerBody({ alerts: alertWith({ labels: { a: 1 } }) }),
      'alerts.0.labels.a',
    ],
    [
      'a start that is no time',
      anAlertmanagerBody({ alerts: alertWith({ startsAt: 'now' }) }),
      'alerts.0.startsAt',
    ],
    [
      'a time that no calendar has',
      anAlertmanagerBody({ alerts: alertWith({ startsAt: '2026-02-31T00:00:00Z' }) }),
      'alerts.0.startsAt',
    ],
    ['a negative count', anAlertmanagerBody({ truncatedAlerts: -1 }), 'truncatedAlerts'],
  ])('%s', async (_, body, field) => {
    const answer = await post(server, body);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body).toMatchObject({ code: 'bad-input', status: 400 });
    expect(answer.body.traceId).toMatch(/^[0-9a-f]{32}$/);
    if (field !== undefined) {
      expect(answer.body.field).toBe(field);
      expect(answer.body.detail).toContain(field);
    }
    expect(await countRows(server, 'deliveries')).toBe(0);
  });

  test('a time that the database cannot hold fails alone: its neighbours in the batch are stored', async () => {
    const bodies = Array.from({ length: 10 }, (_, n) =>
      anAlertmanagerBody({
        groupKey: `group-${n}`,
        alerts: alertWith({ startsAt: n === 4 ? '0000-01-01T00:00:00Z' : '2026-11-21T10:00:00Z' }),
      }),
    );
    const answers = await Promise.all(bodies.map((body) => post(server, body)));
    expect(answers.map((answer) => answer.status)).toEqual([
      202, 202, 202, 202, 400, 202, 202, 202, 202, 202,
    ]);
    expect(await countRows(server, 'deliveries')).toBe(9);
  });
});

describe('who may post', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await openTestServer();
  });
  afterAll(() => server.stop());

  test.each([
    ['nobody', undefined, 401],
    ['a made-up key', `us_${'0'.repeat(16)}_${'A'.repeat(43)}`, 401],
    ['something that is no key', 'password', 401],
  ])('not %s', async (_, key, status) => {
    const answer = await server.ask('POST', path, key, anAlertmanagerBody());
    expect(answer.status).toBe(status);
    expect(answer.headers.get('www-authenticate')).toContain('Bearer');
  });

  test('a key of the right id and a wrong secret is refused', async () => {
    const forged = server.keys.intake.slice(0, -43) + 'A'.repeat(43);
    expect((await post(server, anAlertmanagerBody(), forged)).status).toBe(401);
  });

  test('the range’s approver may not; the intake account may do nothing else', async () => {
    expect((await post(server, anAlertmanagerBody(), server.keys.rangeApprover)).status).toBe(403);
    for (const other of ['/api/v1/incidents', '/api/v1/approvals', '/api/v1/status', '/api/v1/me'])
      expect((await server.ask('GET', other, server.keys.intake)).status).toBe(403);
  });
});

/** Puts the server on a port, for what only shows on a real connection. */
async function listen(server: TestServer): Promise<number> {
  const http = serve({ fetch: server.app.fetch, port: 0, hostname: '127.0.0.1' });
  await new Promise((resolve) => http.once('listening', resolve));
  onTestFinished(() => void http.close());
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Sends the head of a request and then bytes, until there is an answer; says what came and how much was sent. */
function upload(
  port: number,
  head: string[],
  chunk: Buffer,
  totalBytes: number,
): Promise<{ answer: string; sentBytes: number }> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let sentBytes = 0;
    let answer = '';
    const push = (): void => {
      while (sentBytes < totalBytes && answer === '') {
        sentBytes += chunk.length;
        if (!socket.write(chunk)) return void socket.once('drain', push);
      }
    };
    socket.on('data', (data) => {
      answer += data.toString();
      socket.destroy();
      resolve({ answer, sentBytes });
    });
    socket.on('error', (error) => (answer === '' ? reject(error) : undefined));
    socket.write(`${head.join('\r\n')}\r\n\r\n`, () => push());
  });
}

describe('a body of 20 MB', () => {
  const size = 20 * 1024 * 1024;
  const headOf = (server: TestServer, length: string): string[] => [
    `POST ${path} HTTP/1.1`,
    'Host: localhost',
    `Authorization: Bearer ${server.keys.intake}`,
    'Content-Type: application/json',
    length,
  ];

  test('that says so is refused before it is read', async () => {
    const server = await useServer({ maxIntakeBytes: 1024 * 1024 });
    const port = await listen(server);
    const { answer } = await upload(port, headOf(server, `Content-Length: ${size}`), Buffer.alloc(0), 0);
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(answer).toContain('too-large');
    expect(answer).toContain('raise server.maxIntakeBytes, or set max_alerts');
  });

  test('that does not say so is refused as soon as it is too much', async () => {
    const server = await useServer({ maxIntakeBytes: 1024 * 1024 });
    const port = await listen(server);
    const part = Buffer.alloc(64 * 1024, 0x20);
    const chunk = Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]);
    const { answer, sentBytes } = await upload(
      port,
      headOf(server, 'Transfer-Encoding: chunked'),
      chunk,
      size,
    );
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(sentBytes).toBeLessThan(size);
  });

  test('of a stranger is not read at all', async () => {
    const server = await useServer({ maxIntakeBytes: 1024 * 1024 });
    const port = await listen(server);
    const head = [`POST ${path} HTTP/1.1`, 'Host: localhost', `Content-Length: ${size}`];
    const { answer } = await upload(port, head, Buffer.alloc(0), 0);
    expect(answer).toMatch(/^HTTP\/1.1 401 /);
  });
});

describe('when the database is', () => {
  test.each([
    [
      'without a table',
      'ALTER TABLE deliveries RENAME TO elsewhere',
      'ALTER TABLE elsewhere RENAME TO deliveries',
    ],
    [
      'not ours to write',
      'REVOKE ALL ON deliveries FROM understudy_app',
      'GRANT ALL ON deliveries TO understudy_app',
    ],
    [
      'held to other rules',
      'ALTER TABLE outbox ADD CONSTRAINT never CHECK (false) NOT VALID',
      'ALTER TABLE outbox DROP CONSTRAINT never',
    ],
  ])('%s, the answer is 503, and alerts are accepted again when it is mended', async (_, breakIt, mendIt) => {
    const server = await useServer();
    await post(server, anAlertmanagerBody());
    await server.db.asOwner(breakIt);
    const refused = await post(server, anAlertmanagerBody({ groupKey: 'b' }));
    expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(JSON.stringify(refused.body), 'no words of the database').not.toMatch(
      /PostgreSQL|deliveries|outbox/,
    );
    await server.db.asOwner(mendIt);
    expect((await post(server, anAlertmanagerBody({ groupKey: 'b' }))).status).toBe(202);
  });

  test('without rights on keys or changes, senders are told to come again', async () => {
    const server = await useServer();
    await server.db.asOwner('REVOKE ALL ON api_keys, changes FROM understudy_app');
    expect((await post(server, anAlertmanagerBody())).status).toBe(503);
    await server.db.asOwner('GRANT SELECT ON api_keys TO understudy_app');
    const change = { id: 'abc', at: '2026-11-21T10:00:00Z', kind: 'deploy', summary: 'checkout 1.2' };
    const answer = await server.ask('POST', '/api/v1/intake/changes', server.keys.intake, change);
    expect(answer.status).toBe(503);
  });

  test('slow, senders are told 503 in time, and what was under way is not stored twice', async () => {
    const server = await useServer();
    await post(server, anAlertmanagerBody({ groupKey: 'warm' }));
    const other = new pg.Client({ connectionString: server.db.databaseUrl });
    await other.connect();
    await other.query('BEGIN');
    await other.query('LOCK TABLE deliveries IN EXCLUSIVE MODE');
    const slow = await post(server, anAlertmanagerBody({ groupKey: 'slow' }));
    expect(slow.status).toBe(503);
    expect(slow.headers.get('retry-after')).toBe('1');
    await other.query('COMMIT');
    await other.end();
    const again = await post(server, anAlertmanagerBody({ groupKey: 'slow' }));
    expect(again.status).toBe(202);
    const [row] = await server.db.asOwner(
      `SELECT count(*)::int AS n FROM incidents WHERE group_key = 'slow'`,
    );
    expect(row?.n).toBe(1);
  });
});

test('a simple alert opens an incident by its name and labels', async () => {
  const server = await useServer();
  const alert = { name: 'Test', severity: 'info', summary: 'only a test', labels: { service: 'x' } };
  const first = await server.ask('POST', '/api/v1/alerts', server.keys.admin, alert);
  expect(first).toMatchObject({ status: 202, body: { outcome: 'opened' } });
  const other = await server.ask('POST', '/api/v1/alerts', server.keys.admin, {
    ...alert,
    labels: { service: 'y' },
  });
  expect(other.body.outcome).toBe('opened');
  const end = await server.ask('POST', '/api/v1/intake/alert', server.keys.intake, {
    ...alert,
    status: 'resolved',
  });
  expect(end.body).toMatchObject({ outcome: 'resolved', incidentId: first.body.incidentId });
  const alerts = await server.db.run((tx) => alertsOf(tx, String(first.body.incidentId)));
  expect(alerts).toMatchObject([
    { status: 'resolved', labels: { alertname: 'Test', severity: 'info', service: 'x' } },
  ]);
});

test('a simple alert without a start that is posted again is the same one', async () => {
  const server = await useServer();
  const alert = { name: 'Test', labels: { service: 'x' } };
  const first = await server.ask('POST', '/api/v1/alerts', server.keys.admin, alert);
  await new Promise((resolve) => setTimeout(resolve, 5));
  const again = await server.ask('POST', '/api/v1/alerts', server.keys.admin, alert);
  expect(again.body).toEqual({ ...first.body, outcome: 'duplicate' });
  const started = { ...alert, startsAt: '2026-11-21T10:00:00Z' };
  const other = await server.ask('POST', '/api/v1/alerts', server.keys.admin, started);
  expect(other.body.outcome).toBe('joined');
});

test('a change that is posted is found again', async () => {
  const server = await useServer();
  const change = {
    id: 'abc',
    at: '2026-11-21T10:00:00Z',
    kind: 'deploy',
    summary: 'checkout 1.2',
    details: { cluster: 'range' },
  };
  const answer = await server.ask('POST', '/api/v1/intake/changes', server.keys.intake, change);
  expect(answer.status).toBe(202);
  const query = { from: change.at, to: change.at, cluster: 'range' };
  expect(await server.db.run((tx) => changesBetween(tx, query))).toMatchObject([{ id: 'abc' }]);
  const bad = await server.ask('POST', '/api/v1/intake/changes', server.keys.intake, {
    ...change,
    kind: 'magic',
  });
  expect(bad).toMatchObject({ status: 400, body: { field: 'kind' } });
});
