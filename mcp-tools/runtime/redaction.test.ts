import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSecretName, redactText, redactValue } from './redaction.ts';

const jwt = `eyJhbGciOiJFZERTQSJ9.${Buffer.from('{"sub":"x"}').toString('base64url')}.c2lnbmF0dXJl`;
const pem = '-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAK\n-----END RSA PRIVATE KEY-----';

const secrets: readonly { readonly text: string; readonly secret: string; readonly kind: string }[] = [
  { text: `token was ${jwt} ok`, secret: jwt, kind: 'jwt' },
  { text: `key:\n${pem}\nend`, secret: 'MIIEow', kind: 'private-key' },
  { text: '-----BEGIN PRIVATE KEY-----\nMIIEow', secret: 'MIIEow', kind: 'private-key' },
  { text: 'Authorization: Bearer abc.def-123', secret: 'abc.def-123', kind: 'authorization' },
  { text: 'curl -H "authorization: Basic dXNlcjpwYXNz"', secret: 'dXNlcjpwYXNz', kind: 'authorization' },
  { text: 'sent bearer 0123456789abcdef0123', secret: '0123456789abcdef0123', kind: 'bearer-token' },
  { text: 'postgres://app:s3cr3t!@db:5432/shop', secret: 's3cr3t!', kind: 'url-password' },
  { text: 'redis://:s3cr3t@cache:6379', secret: 's3cr3t', kind: 'url-password' },
  { text: 'amqp://u:p[x]y@mq/', secret: 'p[x]y', kind: 'url-password' },
  { text: 'id AKIAIOSFODNN7EXAMPLE here', secret: 'AKIAIOSFODNN7EXAMPLE', kind: 'aws-key' },
  { text: 'LTAI5tFakeFakeFakeFake', secret: 'LTAI5tFakeFakeFakeFake', kind: 'alibaba-key' },
  { text: 'AKIDz8krbsJ5yKBZQpn74WFkmLPx3gnPhESA', secret: 'z8krbsJ5yKBZQ', kind: 'tencent-key' },
  { text: `AIza${'a'.repeat(35)}`, secret: `AIza${'a'.repeat(35)}`, kind: 'google-key' },
  { text: `AccountKey=${'A'.repeat(86)}==`, secret: 'A'.repeat(86), kind: 'azure-key' },
  { text: `ghp_${'a1'.repeat(18)}`, secret: 'a1a1a1', kind: 'github-token' },
  { text: 'glpat-abcdefghij0123456789', secret: 'abcdefghij', kind: 'gitlab-token' },
  { text: 'xoxb-123456789012-abcdef', secret: '123456789012', kind: 'slack-token' },
  { text: 'sk_live_abcdefghij0123', secret: 'abcdefghij', kind: 'stripe-key' },
  { text: 'sk-proj-abcdefghijklmnopqrstuv', secret: 'abcdefghij', kind: 'model-key' },
  { text: 'login failed: password=hunter2 user=app', secret: 'hunter2', kind: 'assignment' },
  { text: 'DB_PASSWORD="two words"', secret: 'two words', kind: 'assignment' },
  { text: 'GET /?api_key=abc123&x=1', secret: 'abc123', kind: 'assignment' },
  { text: '--client-secret=abc123', secret: 'abc123', kind: 'assignment' },
  { text: '{"user":"app","password":"hunter2"}', secret: 'hunter2', kind: 'field' },
  { text: '"{\\"accessToken\\": \\"hunter2\\"}"', secret: 'hunter2', kind: 'field' },
  { text: 'db:\n  user: app\n  password: hunter2\n', secret: 'hunter2', kind: 'field' },
  { text: 'X-Auth-Token: hunter2', secret: 'hunter2', kind: 'field' },
];

describe('secrets in text', () => {
  test.each([...secrets])('$kind: $text', ({ text, secret, kind }) => {
    const redacted = redactText(text);
    expect(redacted).not.toContain(secret);
    expect(redacted).toContain(`[redacted:${kind}]`);
    expect(redactText(redacted), 'a mark is left as it is').toBe(redacted);
  });
});

const harmless = [
  'syntax error, unexpected token: }',
  'pq: password authentication failed for user "app"',
  'secret "db-credentials" not found',
  'MountVolume.SetUp failed for volume "creds" : secret "db" not found',
  'environment variable DB_PASSWORD is not set',
  'automountServiceAccountToken: false',
  'GET https://shop.example/cart/12 200 3ms',
  'the tokens are: a, b',
  'git@github.com:shop/cart.git',
  'Back-off pulling image "registry.example/shop/cart:1.2.3@sha256:0123456789abcdef"',
  'invalid bearer token',
  'task-0123456789abcdefghijklmn done',
];

test.each(harmless)('no secret: %s', (text) => {
  expect(redactText(text)).toBe(text);
});

test('names of secrets', () => {
  for (const name of [
    'password',
    'DB_PASSWORD',
    'apiKey',
    'client-secret',
    'accessToken',
    'redis.password',
    'SECRET_KEY',
  ]) {
    expect(isSecretName(name), name).toBe(true);
  }
  for (const name of [
    'secretName',
    'tokenCount',
    'passwordFile',
    'key',
    'name',
    'nextCursor',
    'expirationSeconds',
  ]) {
    expect(isSecretName(name), name).toBe(false);
  }
});

test('values are hidden by the name they stand under, wherever they are', () => {
  const redacted = redactValue({
    kind: 'Pod',
    spec: {
      serviceAccountName: 'app',
      automountServiceAccountToken: false,
      volumes: [{ name: 'v', secret: { secretName: 'db-credentials' } }],
      containers: [
        {
          env: [
            { name: 'DB_PASSWORD', value: 'hunter2' },
            { name: 'DB_USER', value: 'app' },
            { name: 'API_TOKEN', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
          ],
        },
      ],
    },
    data: { 'db.password': 'hunter2', token: '', size: '10' },
  });
  expect(JSON.stringify(redacted)).not.toContain('hunter2');
  expect(redacted).toMatchObject({
    spec: {
      volumes: [{ secret: { secretName: 'db-credentials' } }],
      containers: [
        {
          env: [
            { name: 'DB_PASSWORD', value: '[redacted:named-secret]' },
            { name: 'DB_USER', value: 'app' },
            { valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
          ],
        },
      ],
    },
    data: { 'db.password': '[redacted:named-secret]', token: '', size: '10' },
  });
});

test('a copy is made: what comes in stays as it is, and what is no text stays the same', () => {
  const value = { password: 'hunter2', count: 3, on: true, none: null, list: [1, 'x'] };
  expect(redactValue(value)).toEqual({ ...value, password: '[redacted:named-secret]' });
  expect(value.password).toBe('hunter2');
});

test('redacting twice is redacting once', () => {
  const part = fc.constantFrom(
    ...secrets.map(({ text }) => text),
    ...harmless,
    ' ',
    '\n',
    '"',
    '=',
    '@',
    '[',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
      const once = redactText(parts.join(' '));
      expect(redactText(once)).toBe(once);
    }),
  );
});

test('no text makes it slow', () => {
  const hostile = [
    'password'.repeat(20_000),
    '://'.repeat(50_000),
    'a-'.repeat(80_000),
    '"secret": '.repeat(20_000),
    'eyJ'.repeat(50_000),
    '-----BEGIN PRIVATE KEY-----'.repeat(5_000),
  ];
  for (const text of hostile) {
    // Of this process's own time: on a busy machine the clock runs on while it waits for its turn.
    const before = process.cpuUsage();
    redactText(text);
    expect(process.cpuUsage(before).user / 1e6, text.slice(0, 20)).toBeLessThan(1.5);
  }
});
