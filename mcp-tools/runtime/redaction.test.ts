import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { redactValue } from './redact-value.ts';
import { redactText } from './redaction.ts';
import { isSecretName } from './secret-names.ts';

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
  { text: 'DB_PASS=hunter2', secret: 'hunter2', kind: 'assignment' },
  { text: 'export PGPASSWORD=hunter2; psql', secret: 'hunter2', kind: 'assignment' },
  { text: 'REDIS_AUTH="hunter2"', secret: 'hunter2', kind: 'assignment' },
  { text: 'SECRET_KEY_BASE=hunter2', secret: 'hunter2', kind: 'assignment' },
  { text: 'java -Dspring.datasource.password=hunter2 -jar app.jar', secret: 'hunter2', kind: 'assignment' },
  { text: 'url=https://h/cb?x=1&access_token=hunter2&y=2', secret: 'hunter2', kind: 'assignment' },
  { text: 'password=hunter2,3;4&5 user=app', secret: '3;4', kind: 'assignment' },
  { text: 'password="a\\"hunter2"', secret: 'hunter2', kind: 'assignment' },
  { text: 'a=b=password=hunter2', secret: 'hunter2', kind: 'assignment' },
  { text: 'PIN changed, password=123456', secret: '123456', kind: 'assignment' },
  { text: 'app --db-password hunter2 --port 80', secret: 'hunter2', kind: 'flag' },
  { text: 'curl -u admin:hunter2 https://x', secret: 'hunter2', kind: 'flag' },
  { text: 'curl --user "admin:hunter2" https://x', secret: 'hunter2', kind: 'flag' },
  { text: 'mysqldump -h db -u root -phunter2 shop', secret: 'hunter2', kind: 'flag' },
  { text: 'redis-cli -h cache -a hunter2 ping', secret: 'hunter2', kind: 'flag' },
  { text: 'requirepass hunter2', secret: 'hunter2', kind: 'field' },
  { text: 'machine git.example login ci password hunter2', secret: 'hunter2', kind: 'field' },
  { text: '{"password":"a\\"hunter2","x":1}', secret: 'hunter2', kind: 'field' },
  { text: '"{\\"password\\":\\"a\\\\\\"hunter2\\"}"', secret: 'hunter2', kind: 'field' },
  { text: '{"password": 12345678}', secret: '12345678', kind: 'field' },
  { text: '{"tokens": ["hunter2", "hunter3"]}', secret: 'hunter', kind: 'field' },
  { text: '[{"name":"PGPASSWORD","value":"hunter2"}]', secret: 'hunter2', kind: 'field' },
  { text: 'env:\n- name: PGPASSWORD\n  value: hunter2\n', secret: 'hunter2', kind: 'field' },
  { text: 'db:\n  password: |\n    hunter2\n    more\n  host: db\n', secret: 'hunter2', kind: 'field' },
  { text: 'db: {user: app, password: hunter2}', secret: 'hunter2', kind: 'field' },
  { text: '2026-11-21T10:00:00Z connecting, password: hunter2', secret: 'hunter2', kind: 'field' },
  { text: '      DB_PASSWORD:      hunter2', secret: 'hunter2', kind: 'field' },
  { text: '数据库密码：hunter2', secret: 'hunter2', kind: 'field' },
  { text: 'Cookie: sid=hunter2; theme=dark', secret: 'hunter2', kind: 'cookie' },
  { text: '{"Set-Cookie":["sid=hunter2; Path=/"]}', secret: 'hunter2', kind: 'cookie' },
  {
    text: 'Authorization: Digest username="a", response="hunter2"',
    secret: 'hunter2',
    kind: 'authorization',
  },
  { text: 'postgres://app:hun@ter2@db:5432/shop', secret: 'ter2', kind: 'url-password' },
  {
    text: 'git clone https://0123456789abcdef0123@git.example/x',
    secret: '0123456789',
    kind: 'url-password',
  },
  { text: 'dsn app:hunter2@tcp(db:3306)/shop', secret: 'hunter2', kind: 'url-password' },
  { text: 'https://hooks.slack.com/services/T0/B0/hunter2', secret: 'hunter2', kind: 'webhook' },
  {
    text: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa',
    ...{ secret: '693a91f6', kind: 'url-key' },
  },
  {
    text: 'https://oapi.dingtalk.com/robot/send?access_token=hunter2',
    secret: 'hunter2',
    kind: 'assignment',
  },
  { text: 'https://open.feishu.cn/open-apis/bot/v2/hook/hunter2', secret: 'hunter2', kind: 'webhook' },
  { text: 'https://api.telegram.org/bot12:AAAAAAAAAAAAAAAAAAAAAAAA/send', secret: 'AAAA', kind: 'webhook' },
  { text: 'https://x.webhook.office.com/webhookb2/hunter2', secret: 'hunter2', kind: 'webhook' },
  { text: `key us_0123456789abcdef_${'A'.repeat(43)} used`, secret: 'AAAA', kind: 'understudy-key' },
  { text: `admin:$apr1$${'a'.repeat(8)}$${'b'.repeat(22)}`, secret: 'bbbb', kind: 'password-hash' },
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
  'PASSWORD_FILE=/run/secrets/db',
  'DB_PASSWORD=$(PGPASSWORD) DB_PASS=\x24{PGPASSWORD}',
  'TLS_KEY=/etc/tls/tls.key AUTH=oidc TOKEN_TTL=3600',
  'passwordPolicy: strict',
  'auth: oidc',
  'auth: no such user in the realm',
  'token: signature is invalid',
  'invalid password: must be longer than 8',
  'the flag --token is required',
  '{"auth":{"mode":"oidc"},"maxTokens":4096,"tokens":512,"passwordPolicy":"strict"}',
  'tests: pass=12 fail=1',
  'bypass=1 compass: north author=me key=a groupKey=b PWD=/srv/x',
  'cache_key=cart:12 partition key: 4',
  'docker run -u 1000:1000 app',
  'password: ""',
  '密码错误，请重试',
  '{"name":"TOKEN_TTL","value":"3600"}',
  'db:\n  passwordSecret:\n    name: db\n  auth:\n    enabled: true\n',
];

test.each(harmless)('no secret: %s', (text) => {
  expect(redactText(text)).toBe(text);
});

describe('names', () => {
  test.each(
    `password DB_PASSWORD PGPASSWORD DBPASSWORD DB_PASS MYSQL_PASS SMTP_PASS smtpPass REDIS_AUTH JWT_KEY APP_KEY apiKey
    SECRET_KEY SECRET_KEY_BASE GITHUB_PAT passwordHash tokens COOKIE client-secret accessToken redis.password PASSWORD2
    SENTRY_TOKEN_OLD masterKey ENCRYPTION_KEY AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY GOOGLE_CREDENTIALS requirepass pwd
    X-Api-Key 数据库密码`.split(/\s+/),
  )('of a secret: %s', (name) => {
    expect(isSecretName(name)).toBe(true);
  });

  test.each(
    `secretName tokenCount passwordFile passwordPolicy key name nextCursor nextPageToken expirationSeconds PWD OLDPWD
    bypass compass proxy_pass author authority AUTH_MODE TOKEN_TTL maxTokens imagePullSecrets existingSecret public_key
    groupKey objectKey cache_key topologyKey partitionKey PATH compat checksum/secret keyboard`.split(/\s+/),
  )('of something else: %s', (name) => {
    expect(isSecretName(name)).toBe(false);
  });
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

test.each([
  [{ password: { nested: 'hunter2' } }, { password: { nested: '[redacted:named-secret]' } }],
  [{ password: ['hunter2'] }, { password: ['[redacted:named-secret]'] }],
  [{ password: 12345678 }, { password: '[redacted:named-secret]' }],
  [
    { name: 'PGPASSWORD', value: 'hunter2' },
    { name: 'PGPASSWORD', value: '[redacted:named-secret]' },
  ],
  [
    { key: 'DB_PASS', value: 5 },
    { key: 'DB_PASS', value: '[redacted:named-secret]' },
  ],
  [
    { args: ['--password', 'hunter2', '--port', '80'] },
    { args: ['--password', '[redacted:named-secret]', '--port', '80'] },
  ],
  [{ args: ['-u', 'root:hunter2'] }, { args: ['-u', 'root:[redacted:flag]'] }],
  [{ auth: 'root:hunter2' }, { auth: '[redacted:named-secret]' }],
  [
    { auth: { password: 'hunter2', mode: 'oidc' } },
    { auth: { password: '[redacted:named-secret]', mode: 'oidc' } },
  ],
  [{ secret: { key: 'hunter2' } }, { secret: { key: '[redacted:named-secret]' } }],
])('hidden: %j', (value, shown) => {
  expect(redactValue(value)).toEqual(shown);
});

test.each([
  {
    volumes: [
      { name: 'v', secret: { secretName: 'db', items: [{ key: 'tls.crt', path: 'crt' }], optional: false } },
    ],
  },
  {
    projected: {
      sources: [{ serviceAccountToken: { audience: 'api', expirationSeconds: 3600, path: 'token' } }],
    },
  },
  { imagePullSecrets: [{ name: 'registry' }], secrets: [{ name: 'default-token' }] },
  { basicAuth: { username: { name: 'db', key: 'user' }, password: { name: 'db', key: 'password' } } },
  {
    env: [
      { name: 'DB_PASSWORD', value: '$(OTHER)' },
      { name: 'TLS_KEY', value: '/etc/tls/tls.key' },
    ],
  },
  {
    auth: { enabled: true, mode: 'oidc', existingSecret: 'auth' },
    cookie: { sameSite: 'lax', maxAge: 3600 },
  },
  { tokens: 512, pass: 12, token: '', secret: null, password: { minLength: 8 } },
  { passwordPolicy: 'strict', tokenTtl: '1h' },
])('readable: %j', (value) => {
  expect(redactValue(value)).toEqual(value);
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
    'password='.repeat(20_000),
    '--password '.repeat(20_000),
    'mysql -u '.repeat(20_000),
    'password: |\n'.repeat(15_000),
    '\\\\"password\\\\": \\\\"'.repeat(10_000),
    'cookie: a='.repeat(20_000),
    `"password":"${'\\\\'.repeat(80_000)}`,
    'x/'.repeat(80_000),
    '/?key='.repeat(30_000),
    ' a:'.repeat(50_000),
  ];
  for (const text of hostile) {
    // Of this process's own time: on a busy machine the clock runs on while it waits for its turn.
    const before = process.cpuUsage();
    redactText(text);
    expect(process.cpuUsage(before).user / 1e6, text.slice(0, 20)).toBeLessThan(1.5);
  }
});
