import { setTimeout as pause } from 'node:timers/promises';
import { generate } from 'otplib';
import { describe, expect, test } from 'vitest';
import { errorCodeOf } from '#domain/errors.ts';
import { fromMs } from '#domain/time.ts';
import { revokeApiKeysOf } from '#store/api-keys.ts';
import { inTenant } from '#store/pool.ts';
import { useStore } from '#store/test-store.ts';
import { disableUser, getUser, listUsers, totpSecretOf } from '#store/users.ts';
import { createAuthenticator } from './authenticator.ts';
import { bootstrapTenant, renewApiKey } from './first-start.ts';
import { mayDo } from './permissions.ts';

const now = (): string => fromMs(Date.now());

describe('the first start', () => {
  test('makes an administrator who may approve, and shows every secret once', async () => {
    const { store, run, asOwner } = await useStore();
    const first = await bootstrapTenant(store, { tenant: 'default', practice: true, now: now() });
    if (!first.created) throw new Error('nothing was created');
    expect(first.adminUser).toBe('admin');
    expect(await run((tx) => getUser(tx, 'admin'))).toMatchObject({
      kind: 'person',
      roles: ['admin', 'approver'],
    });
    expect(await run((tx) => totpSecretOf(tx, 'admin'))).toBe(first.totp.secret);
    expect(first.totp.uri).toMatch(/^otpauth:\/\/totp\/Understudy/);
    expect(await generate({ secret: first.totp.secret })).toMatch(/^\d{6}$/);
    expect(await bootstrapTenant(store, { tenant: 'default', practice: true, now: now() })).toEqual({
      created: false,
    });
    const [keys] = await asOwner("SELECT string_agg(secret_hash, ' ') AS hashes FROM api_keys");
    for (const key of [first.apiKey, first.intakeKey, first.rangeApproverKey]) {
      expect(key).toMatch(/^us_[0-9a-f]{16}_[\w-]{43}$/);
      expect(keys?.hashes).not.toContain(key?.slice(-43));
    }
  });

  test('outside of practice knows no account that approves by itself', async () => {
    const { store, run } = await useStore();
    const first = await bootstrapTenant(store, { tenant: 'default', practice: false, now: now() });
    expect(first).toMatchObject({ created: true, adminUser: 'admin' });
    expect(first).not.toHaveProperty('rangeApproverKey');
    expect((await run(listUsers)).map((user) => user.name)).toEqual(['admin', 'intake']);
  });

  test('of two at once is one', async () => {
    const { store, asOwner } = await useStore();
    const starts = await Promise.all(
      [1, 2, 3].map(() => bootstrapTenant(store, { tenant: 'default', practice: true, now: now() })),
    );
    expect(starts.filter((start) => start.created)).toHaveLength(1);
    expect(await asOwner('SELECT count(*)::int AS n FROM api_keys')).toEqual([{ n: 3 }]);
  });

  test('is one for each tenant', async () => {
    const { store } = await useStore();
    for (const tenant of ['one', 'two'])
      expect(await bootstrapTenant(store, { tenant, practice: true, now: now() })).toMatchObject({
        created: true,
      });
    expect(await inTenant(store, 'one', (tx) => getUser(tx, 'admin'))).toBeDefined();
  });
});

describe('a key', () => {
  async function withKeys() {
    const test = await useStore();
    const first = await bootstrapTenant(test.store, { tenant: 'default', practice: true, now: now() });
    if (!first.created) throw new Error('nothing was created');
    let ms = Date.now();
    const authenticator = createAuthenticator({
      store: test.store,
      tenant: 'default',
      now: () => fromMs(ms),
    });
    const pass = (seconds: number): void => {
      ms += seconds * 1000;
    };
    return { ...test, first, authenticator, pass };
  }

  test('may be the bearer token or the password, and says who calls', async () => {
    const { authenticator, first } = await withKeys();
    const bearer = await authenticator.authenticate(`Bearer ${first.apiKey}`);
    expect(bearer).toMatchObject({ scope: 'full', user: { name: 'admin' } });
    const basic = Buffer.from(`whoever:${first.intakeKey}`).toString('base64');
    const caller = await authenticator.authenticate(`basic ${basic}`);
    expect(caller).toMatchObject({ scope: 'intake', user: { name: 'intake' } });
    expect(mayDo(caller, 'intake.post')).toBe(true);
    expect(mayDo(caller, 'incident.read')).toBe(false);
  });

  test.each([
    undefined,
    '',
    'Bearer',
    'Bearer x',
    'Digest abc',
    'Basic !!!',
    `Bearer us_${'0'.repeat(16)}_${'x'.repeat(43)}`,
  ])('is none: %s', async (header) => {
    const { authenticator } = await withKeys();
    await expect(authenticator.authenticate(header)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  test('that was revoked, or whose owner was disabled, works no longer than half a minute', async () => {
    const { authenticator, first, run, pass } = await withKeys();
    await authenticator.authenticate(`Bearer ${first.apiKey}`);
    await authenticator.authenticate(`Bearer ${first.rangeApproverKey}`);
    await run(async (tx) => {
      await revokeApiKeysOf(tx, 'admin', now());
      await disableUser(tx, 'range-approver', now());
    });
    pass(31);
    const revoked = authenticator.authenticate(`Bearer ${first.apiKey}`);
    await expect(revoked).rejects.toThrow(/revoked/);
    const disabled = authenticator.authenticate(`Bearer ${first.rangeApproverKey}`);
    await expect(disabled).rejects.toThrow(/disabled/);
  });

  test('that cannot be looked up is no stranger’s: the sender is told to come again, whatever the database says', async () => {
    const { authenticator, first, asOwner } = await withKeys();
    await asOwner('REVOKE ALL ON api_keys FROM understudy_app');
    const lookedUp = authenticator.authenticate(`Bearer ${first.intakeKey}`);
    await expect(lookedUp).rejects.toMatchObject({ code: 'unavailable' });
    await asOwner('GRANT SELECT ON api_keys TO understudy_app');
    expect(await authenticator.authenticate(`Bearer ${first.intakeKey}`)).toMatchObject({ scope: 'intake' });
  });

  test('that was refused is not looked up again at once', async () => {
    const { authenticator, first, run, pass } = await withKeys();
    await run((tx) => disableUser(tx, 'intake', now()));
    const refusal = () => authenticator.authenticate(`Bearer ${first.intakeKey}`);
    await expect(refusal()).rejects.toThrow(/disabled/);
    await run((tx) => tx.query('UPDATE users SET disabled_at = NULL'));
    await expect(refusal()).rejects.toThrow(/disabled/);
    pass(6);
    expect(await refusal()).toMatchObject({ scope: 'intake' });
  });

  test('that is known waits for no stranger, and strangers wait for each other', async () => {
    const { store, first } = await withKeys();
    let ms = Date.now();
    let asked = 0;
    let hold: Promise<void> = Promise.resolve();
    const authenticator = createAuthenticator({
      store: {
        ...store,
        transact: async (tenant, work) => {
          asked += 1;
          await hold;
          return store.transact(tenant, work);
        },
      },
      ...{ tenant: 'default', now: () => fromMs(ms) },
    });
    const known = () => authenticator.authenticate(`Bearer ${first.intakeKey}`);
    await known();
    ms += 31_000;
    asked = 0;
    let letGo = (): void => undefined;
    hold = new Promise((resolve) => {
      letGo = resolve;
    });
    const strangers = Array.from({ length: 150 }, (_, n) =>
      authenticator
        .authenticate(`Bearer us_${String(n).padStart(16, '0')}_${'x'.repeat(43)}`)
        .catch((error: unknown) => errorCodeOf(error)),
    );
    // Those that find no place to wait are turned away while the first is still being looked up.
    expect(await Promise.race(strangers)).toBe('unavailable');
    expect(asked).toBe(1);
    hold = Promise.resolve();
    expect(await known()).toMatchObject({ scope: 'intake' });
    letGo();
    const codes = await Promise.all(strangers);
    expect(codes.filter((code) => code === 'unauthenticated')).toHaveLength(101);
    expect(codes.filter((code) => code === 'unavailable')).toHaveLength(49);
  });

  test('that was lost is replaced, and the old one ends', async () => {
    const { authenticator, first, store, pass } = await withKeys();
    const key = await renewApiKey(store, { tenant: 'default', userName: 'intake', now: now() });
    pass(31);
    await pause(1);
    expect(await authenticator.authenticate(`Bearer ${key}`)).toMatchObject({ scope: 'intake' });
    await expect(authenticator.authenticate(`Bearer ${first.intakeKey}`)).rejects.toThrow(/revoked/);
    const nobody = renewApiKey(store, { tenant: 'default', userName: 'nobody', now: now() });
    await expect(nobody).rejects.toMatchObject({ code: 'not-found' });
  });
});
