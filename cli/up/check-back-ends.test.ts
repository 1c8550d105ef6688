import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { configurationSchema } from '#domain/configuration.ts';
import { startWire, type WireServer } from '#mcp-tools/back-ends/testing/wire-server.ts';
import { wordsIn } from '../words/words.ts';
import { checkSystems } from './check-systems.ts';

const check = (configured: Record<string, unknown>) =>
  checkSystems(configurationSchema.parse(configured), wordsIn('en'), 60_000);

let wire: WireServer | undefined;
afterEach(async () => {
  await wire?.stop();
  vi.unstubAllEnvs();
});

/** What each kind of store answers to the look at it. */
const answers: Readonly<Record<string, unknown>> = {
  '/loki/api/v1/labels': { status: 'success' },
  '/api/services': { data: null, total: 0 },
  '/api/search': { metrics: {} },
  '/logs-*/_field_caps': { indices: [], fields: {} },
};
const named = ['loki', 'elasticsearch', 'jaeger', 'tempo'] as const;
const allAt = (url: string) =>
  Object.fromEntries(
    named.map((name) => [name, { url, ...(name === 'elasticsearch' ? { index: 'logs-*' } : {}) }]),
  );

test('stores that answer as their kind does are well; each is looked at by its own name', async () => {
  wire = await startWire(({ path }) => ({ body: answers[decodeURIComponent(path)] ?? {} }));
  const checks = await check(allAt(wire.url));
  expect(checks.map(({ name, state }) => [name, state])).toEqual(named.map((name) => [name, 'ok']));
});

test('stores that are something else, or away, are missing, with the setting to correct', async () => {
  wire = await startWire(() => ({ body: { hello: 'world' } }));
  for (const url of [wire.url, 'http://127.0.0.1:1']) {
    const checks = await check(allAt(url));
    expect(checks.map(({ state }) => state)).toEqual(['missing', 'missing', 'missing', 'missing']);
    for (const { mend, name } of checks) expect(mend).toContain(`${name.toUpperCase()}_URL`);
  }
});

test('the tenant and the key are brought along, and the key is not printed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'doctor-'));
  const authorizationFile = join(folder, 'key');
  await writeFile(authorizationFile, 'Bearer hunter2');
  wire = await startWire(({ headers }) => {
    const isIn = headers.authorization === 'Bearer hunter2' && headers['x-scope-orgid'] === 'team-a';
    return isIn ? { body: { status: 'success' } } : { status: 401, body: 'no' };
  });
  const { url } = wire;
  expect(await check({ loki: { url, tenant: 'team-a', authorizationFile } })).toMatchObject([
    { state: 'ok' },
  ]);
  await writeFile(authorizationFile, 'hunter2');
  const [checked] = await check({ loki: { url, tenant: 'team-a', authorizationFile } });
  expect(checked).toMatchObject({ state: 'missing', text: expect.stringContaining('Bearer') });
  expect(JSON.stringify(checked)).not.toContain('hunter2');
  await rm(folder, { recursive: true });
});

test('an account of AWS that cannot be read is missing, with what to allow', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  const [checked] = await check({ aws: { regions: ['eu-west-1'], endpoint: 'http://127.0.0.1:1' } });
  expect(checked).toMatchObject({
    ...{ name: 'aws', state: 'missing', text: expect.stringContaining('eu-west-1') },
    mend: expect.stringContaining('docs/aws-reader-policy.json'),
  });
});
