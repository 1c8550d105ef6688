import { generate } from 'otplib';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { totpSecretOf } from '#store/users.ts';
import { type TestServer, useServer } from '../test-server.ts';

const secretsSchema = z.object({
  apiKey: z.string(),
  totp: z.object({ secret: z.string(), uri: z.string() }),
});

function change(server: TestServer, name: string, what: string, key = server.keys.admin) {
  return server.ask('POST', `/api/v1/users/${name}/${what}`, key);
}

async function auditRows(server: TestServer): Promise<unknown[]> {
  return server.db.asOwner(
    `SELECT actor, action, subject, data::text FROM audit WHERE action LIKE 'user.%' ORDER BY seq`,
  );
}

async function withAna(server: TestServer) {
  const body = { name: 'ana', roles: ['responder', 'approver'] };
  const made = await server.ask('POST', '/api/v1/users', server.keys.admin, body);
  expect(made.status).toBe(200);
  return secretsSchema.parse(made.body);
}

const me = (server: TestServer, key: string) => server.ask('GET', '/api/v1/me', key);

describe('an account', () => {
  test('is made with its secrets, which are shown once and kept nowhere but the seed', async () => {
    const server = await useServer();
    const { apiKey, totp } = await withAna(server);
    expect((await me(server, apiKey)).body).toMatchObject({ name: 'ana', roles: ['responder', 'approver'] });
    expect(totp.uri).toContain('ana');
    expect(await generate({ secret: totp.secret })).toMatch(/^\d{6}$/);
    const list = await server.ask('GET', '/api/v1/users', server.keys.admin);
    expect(list.body.items).toMatchObject([
      { name: 'admin', keys: 1 },
      { name: 'ana', kind: 'person', keys: 1 },
      { name: 'intake' },
      { name: 'range-approver', environments: ['practice'] },
    ]);
    const told = JSON.stringify([list.body, await auditRows(server)]);
    for (const secret of [apiKey.slice(-43), totp.secret]) expect(told).not.toContain(secret);
    expect(await auditRows(server)).toMatchObject([
      { actor: 'admin', action: 'user.create', subject: 'ana' },
    ]);
  });

  test('of a service posts alerts and nothing else, where its key is for that', async () => {
    const server = await useServer();
    const body = { name: 'pager', kind: 'service', scope: 'intake' };
    const made = await server.ask('POST', '/api/v1/users', server.keys.admin, body);
    expect(made.body).not.toHaveProperty('totp');
    const key = String(made.body.apiKey);
    const alert = { name: 'X', summary: 's' };
    expect((await server.ask('POST', '/api/v1/alerts', key, alert)).status).toBe(202);
    expect((await me(server, key)).status).toBe(403);
    const renewed = String((await change(server, 'pager', 'key-renew')).body.apiKey);
    expect((await me(server, renewed)).status).toBe(403);
    expect((await server.ask('POST', '/api/v1/alerts', renewed, alert)).status).toBe(202);
  });

  test.each([
    ['a name that is taken', { name: 'admin' }, 409],
    ['a name that the audit trail uses', { name: 'system' }, 409],
    ['a name with a blank', { name: 'Ana B' }, 400],
    ['a role that there is not', { name: 'ana', roles: ['king'] }, 400],
    ['something unknown', { name: 'ana', admin: true }, 400],
  ])('is not made with %s', async (_what, body, status) => {
    const server = await useServer();
    expect((await server.ask('POST', '/api/v1/users', server.keys.admin, body)).status).toBe(status);
    expect(await auditRows(server)).toEqual([]);
  });

  test('is shut out at once, and let in again', async () => {
    const server = await useServer();
    const { apiKey } = await withAna(server);
    expect((await me(server, apiKey)).status).toBe(200);
    expect((await change(server, 'ana', 'disable')).body).toEqual({ name: 'ana' });
    expect(await me(server, apiKey)).toMatchObject({
      ...{ status: 401, body: { detail: 'the account is disabled' } },
    });
    await change(server, 'ana', 'enable');
    expect((await me(server, apiKey)).status).toBe(200);
    expect((await auditRows(server)).slice(1)).toMatchObject([
      { actor: 'admin', action: 'user.disable', subject: 'ana' },
      { actor: 'admin', action: 'user.enable', subject: 'ana' },
    ]);
  });

  test('loses its keys at once, and gets a new one', async () => {
    const server = await useServer();
    const { apiKey } = await withAna(server);
    expect((await me(server, apiKey)).status).toBe(200);
    expect((await change(server, 'ana', 'revoke-keys')).body).toEqual({ name: 'ana', revokedKeys: 1 });
    expect((await me(server, apiKey)).status).toBe(401);
    const renewed = String((await change(server, 'ana', 'key-renew')).body.apiKey);
    expect((await me(server, renewed)).body).toMatchObject({ name: 'ana' });
  });

  test('gets a new seed of one-time codes in place of the old one', async () => {
    const server = await useServer();
    const { totp } = z
      .object({ totp: z.object({ secret: z.string() }) })
      .parse((await change(server, 'admin', 'otp-renew')).body);
    expect(totp.secret).not.toBe(server.totpSecret);
    expect(await server.db.run((tx) => totpSecretOf(tx, 'admin'))).toBe(totp.secret);
    expect(await auditRows(server)).toMatchObject([{ actor: 'admin', action: 'user.otp-renew' }]);
    expect((await change(server, 'intake', 'otp-renew')).status).toBe(400);
  });
});

test.each(['otp-renew', 'key-renew', 'revoke-keys', 'disable', 'enable'])(
  '%s is the administrator’s, and needs an account that there is',
  async (what) => {
    const server = await useServer();
    const { apiKey } = await withAna(server);
    expect((await change(server, 'admin', what, apiKey)).status).toBe(403);
    expect((await change(server, 'nobody', what)).status).toBe(404);
    expect(await auditRows(server)).toHaveLength(1);
  },
);

test.each(['disable', 'revoke-keys'])('nobody can %s the account that they call with', async (what) => {
  const server = await useServer();
  const refused = await change(server, 'admin', what);
  expect(refused).toMatchObject({ status: 409, body: { detail: expect.stringContaining('instead') } });
  expect((await me(server, server.keys.admin)).status).toBe(200);
});
