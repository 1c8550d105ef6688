import fc from 'fast-check';
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
    // starting
    ['listen tcp :8080: bind: address already in use', 'container.port-in-use'],
    ['Error: listen EADDRINUSE: address already in use :::3000', 'container.port-in-use'],
    ['exec /app: exec format error', 'image.wrong-architecture'],
    ['/bin/sh: 1: gunicorn: not found', 'container.command-not-found'],
    ['Error: Could not find or load main class com.shop.Main', 'container.command-not-found'],
    // who may what
    ['FATAL: password authentication failed for user "app"', 'config.credentials-wrong'],
    [
      "ERROR 1045 (28000): Access denied for user 'app'@'10.0.0.7' (using password: YES)",
      'config.credentials-wrong',
    ],
    ['WRONGPASS invalid username-password pair or user is disabled.', 'config.credentials-wrong'],
    ['ERROR: permission denied for table orders', 'database.authorization'],
    [
      'org.apache.kafka.common.errors.SaslAuthenticationException: Authentication failed',
      'queue.authentication',
    ],
    ['User: arn:aws:iam::1:role/app is not authorized to perform: s3:GetObject', 'cloud.permission-denied'],
    [
      'The security token included in the request is invalid (InvalidClientTokenId)',
      'dependency.credentials-rejected',
    ],
    // certificates and clocks
    [
      'x509: certificate has expired or is not yet valid: current time 2026-08-01 is after',
      'config.certificate-expired',
    ],
    ['Error: certificate has expired (code: CERT_HAS_EXPIRED)', 'config.certificate-expired'],
    ['x509: certificate signed by unknown authority', 'config.other'],
    ['PKIX path building failed: unable to find valid certification path', 'config.other'],
    ['x509: certificate is valid for cart.shop, not cart', 'config.other'],
    ['http: server gave HTTP response to HTTPS client', 'service.protocol-mismatch'],
    [
      'RequestTimeTooSkewed: The difference between the request time and the current time is too large',
      'node.clock-skew',
    ],
    ['jwt: token used before issued', 'node.clock-skew'],
    // what ran out
    ['write /data/x: no space left on device', 'resource.disk-full'],
    ['ERROR: could not extend file "base/1/2": No space left on device', 'database.storage-full'],
    ['accept tcp [::]:80: accept4: too many open files', 'resource.descriptors-exhausted'],
    ['Error: EMFILE: too many open files', 'resource.descriptors-exhausted'],
    ['java.lang.OutOfMemoryError: Java heap space', 'container.oom-killed'],
    [
      'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
      'container.oom-killed',
    ],
    ['java.lang.OutOfMemoryError: unable to create native thread', 'resource.threads-exhausted'],
    ['WARNING: [pool www] server reached pm.max_children setting (5)', 'resource.threads-exhausted'],
    [
      'HikariPool-1 - Connection is not available, request timed out after 30000ms.',
      'resource.connections-exhausted',
    ],
    ['QueuePool limit of size 5 overflow 10 reached, connection timed out', 'resource.connections-exhausted'],
    // databases
    ['FATAL: sorry, too many clients already', 'database.connections-exhausted'],
    ['Error: ER_CON_COUNT_ERROR: Too many connections', 'database.connections-exhausted'],
    ['ERROR: deadlock detected', 'database.lock-contention'],
    ['Lock wait timeout exceeded; try restarting transaction', 'database.lock-contention'],
    ['ERROR: canceling statement due to statement timeout', 'database.slow-query'],
    ['ERROR: cannot execute INSERT in a read-only transaction', 'database.read-only'],
    ['MongoServerError: NotWritablePrimary', 'database.failover'],
    ['ERROR: column "colour" of relation "items" does not exist', 'database.schema-error'],
    ["Table 'shop.items' doesn't exist", 'database.schema-error'],
    ['canceling statement due to conflict with recovery', 'database.replication-lag'],
    ['LOG: checkpoints are occurring too frequently (9 seconds apart)', 'database.checkpoint-pressure'],
    // caches, queues, search
    ["OOM command not allowed when used memory > 'maxmemory'.", 'cache.memory-full'],
    [
      'MISCONF Redis is configured to save RDB snapshots, but it is currently unable to',
      'cache.persistence-failed',
    ],
    ["READONLY You can't write against a read only replica.", 'cache.replication-broken'],
    ['LOADING Redis is loading the dataset in memory', 'cache.down'],
    [
      'Connection to node -1 (kafka/10.0.0.9:9092) could not be established. Broker may not be available.',
      'queue.broker-down',
    ],
    ['KafkaError: UNKNOWN_TOPIC_OR_PARTITION', 'queue.other'],
    [
      'There is no leader for this topic-partition as we are in the middle of a leadership election',
      'queue.partition-offline',
    ],
    ['NotEnoughReplicasException: Messages are rejected', 'queue.under-replicated'],
    ['consumer poll timeout has expired', 'queue.consumer-lag'],
    [
      'index [orders] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark',
      'search.read-only-index',
    ],
    ['Limit of total fields [1000] has been exceeded', 'search.mapping-explosion'],
    // limits of others
    ['429 Too Many Requests', 'dependency.quota-exceeded'],
    ['ThrottlingException: Rate exceeded', 'cloud.throttled'],
    // names, ways and calls
    ['dial tcp: lookup ledgr on 10.96.0.10:53: no such host', 'network.dns-resolution'],
    ['getaddrinfo EAI_AGAIN cart', 'network.dns-resolution'],
    [
      'dial tcp: lookup cart on 10.96.0.10:53: read udp 10.0.0.1:1->10.96.0.10:53: i/o timeout',
      'network.dns-server-down',
    ],
    ['connect: no route to host', 'network.partition'],
    ['upstream connect error: no healthy upstream', 'service.no-ready-endpoints'],
    ['rpc error: code = Unimplemented desc = unknown method Reserve', 'application.incompatible-call'],
    // settings and files
    ['yaml: line 12: mapping values are not allowed in this context', 'config.value-invalid'],
    ['nginx: [emerg] unknown directive "lisen" in /etc/nginx/nginx.conf:3', 'config.value-invalid'],
    ['time: invalid duration "5 minutes"', 'config.value-invalid'],
    ['open /data/lock: permission denied', 'container.permission-denied'],
    ['OSError: [Errno 30] Read-only file system: /app/tmp', 'container.permission-denied'],
    // the program itself
    ['panic: runtime error: invalid memory address or nil pointer dereference', 'application.exception'],
    ["TypeError: Cannot read properties of undefined (reading 'id')", 'application.exception'],
    ['fatal error: all goroutines are asleep - deadlock!', 'application.deadlock'],
  ])('knows %s', (line, code) => expect(logCauseOf(line)?.code).toBe(code));

  it.each([
    'served 200 in 3 ms',
    'connection established after 2 retries: too many connections before, succeeded after 3 attempts',
    'write tcp 10.0.0.1:80->10.0.0.9:5123: write: broken pipe',
    'context canceled while reading: too many open files',
    'received SIGTERM, the database system is shutting down',
    'http: Server closed',
    '"GET /healthz HTTP/1.1" 200 2 "-" "kube-probe/1.31"',
    'finished with 0 errors, permission denied never',
    'option --log-file is deprecated: permission denied in a later release',
    'opened openfile.txt in superpermissive mode',
    'user login with code 4290 and status 4012',
  ])('is not troubled by %s', (line) => expect(logCauseOf(line)).toBeUndefined());

  it('says whom a line is about: who wrote it, or the other end', () => {
    expect(logCauseOf('FATAL: sorry, too many clients already')?.at).toBe('peer');
    expect(logCauseOf('write /data/x: no space left on device')?.at).toBeUndefined();
  });

  it('reads any line, a huge one too', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (line) => (logCauseOf(line)?.strength ?? 1) > 0));
    for (const part of ['lookup ', 'config ', 'yaml: ', "'", 'duration: 1']) {
      expect(logCauseOf(part.repeat(300_000))?.strength ?? 1).toBeGreaterThan(0);
    }
  });
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
