import { describe, expect, it } from 'vitest';
import { logCauseOf, missingSettings, tellingLine } from './log-causes.ts';

describe('missingSettings', () => {
  it.each([
    ['required setting PRICE_TABLE is not set', 'PRICE_TABLE'],
    ['{"level":"fatal","msg":"missing required config key","key":"payments.url"}', 'payments.url'],
    [
      '{"time":"2025-11-21T14:36:12Z","level":"error","msg":"cannot start: missing required configuration key LEDGER_ID","service":"x","error":{"name":"SettingError"}}',
      'LEDGER_ID',
    ],
    ["KeyError: 'REDIS_HOST'", 'REDIS_HOST'],
    ['Error: Environment variable DATABASE_URL must be set', 'DATABASE_URL'],
    ['panic: config: property "cache.size" not found in /etc/app/config.yaml', 'cache.size'],
    ['FATAL  missing config key: max_batch', 'max_batch'],
  ])('reads the name in %s', (line, name) => expect(missingSettings(line)[0]).toBe(name));

  it.each([
    'GET /cart 404 not found',
    'level=info msg="config loaded" DATABASE_URL=set',
    'dial tcp 10.0.0.9:5432: connect: connection refused',
    'user "alice" not found',
    '{"time":"2025-11-21T14:36:12Z","level":"info","msg":"order not found","key":"41"}',
  ])('reads none in %s', (line) => expect(missingSettings(line)).toEqual([]));
});

describe('logCauseOf', () => {
  it.each([
    ['listen tcp :8080: bind: address already in use', 'container.port-in-use'],
    ['FATAL: password authentication failed for user "app"', 'config.credentials-wrong'],
    ['dial tcp: lookup ledgr on 10.96.0.10:53: no such host', 'network.dns-resolution'],
    ['FATAL: sorry, too many clients already', 'database.connections-exhausted'],
    ['write /data/x: no space left on device', 'resource.disk-full'],
    ['exec /app: exec format error', 'image.wrong-architecture'],
  ])('knows %s', (line, code) => expect(logCauseOf(line)?.code).toBe(code));

  it('knows nothing of ordinary lines', () => expect(logCauseOf('served 200 in 3 ms')).toBeUndefined());
});

describe('tellingLine', () => {
  const lines = (...messages: string[]) => messages.map((message) => ({ message }));

  it('prefers a line that names a cause to a later one that only sounds fatal', () => {
    expect(tellingLine(lines('bind: address already in use', 'fatal: giving up', 'bye'))?.message).toContain(
      'address already',
    );
    expect(tellingLine(lines('starting', 'panic: boom', 'bye'))?.message).toBe('panic: boom');
    expect(tellingLine(lines('starting', 'bye', ' '))?.message).toBe('bye');
    expect(tellingLine([])).toBeUndefined();
  });
});
