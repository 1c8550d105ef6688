import { expect, test } from 'vitest';
import { logCauseOf } from './log-causes.ts';

/** What runtimes, servers and client libraries say, in their own words. */
const sayings: Readonly<Record<string, readonly string[]>> = {
  'database.connections-exhausted': [
    'FATAL:  sorry, too many clients already',
    'FATAL: remaining connection slots are reserved for roles with the SUPERUSER attribute',
    'ERROR 1040 (HY000): Too many connections',
    '[conn1234] connection refused because there are too many open connections: 819',
  ],
  'resource.connections-exhausted': [
    'HikariPool-1 - Connection is not available, request timed out after 30000ms (total=10, active=10, idle=0, waiting=25)',
    'sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out',
    'ResourceRequest timed out: TimeoutError: timeout exceeded when trying to connect',
    'Knex: Timeout acquiring a connection. The pool is probably full.',
    'redis.clients.jedis.exceptions.JedisConnectionException: Could not get a resource from the pool',
    'no more connections in pool',
  ],
  'database.lock-contention': [
    'ERROR:  canceling statement due to lock timeout',
    'ERROR 1205 (HY000): Lock wait timeout exceeded; try restarting transaction',
    'ERROR 1213 (40001): Deadlock found when trying to get lock; try restarting transaction',
    'ERROR:  deadlock detected',
    'process 123 still waiting for ShareLock on transaction 456 after 1000.123 ms',
    'sqlite3.OperationalError: database is locked',
    'WriteConflict error: this operation conflicted with another operation. Please retry your operation',
    'ORA-00060: deadlock detected while waiting for resource',
  ],
  'database.slow-query': [
    'ERROR:  canceling statement due to statement timeout',
    'Query execution was interrupted, maximum statement execution time exceeded',
    'LOG:  duration: 15342.112 ms  statement: SELECT * FROM orders',
    'MongoServerError: operation exceeded time limit',
  ],
  'database.replication-lag': [
    'LOG: requested WAL segment 000000010000000000000003 has already been removed',
    'ERROR: canceling statement due to conflict with recovery',
  ],
  'database.read-only': [
    'ERROR:  cannot execute INSERT in a read-only transaction',
    'The MySQL server is running with the --read-only option so it cannot execute this statement',
  ],
  'database.storage-full': [
    'ERROR:  could not extend file "base/16384/2619": No space left on device',
    '[ERROR] [MY-012144] [InnoDB] posix_fallocate(): Failed to preallocate data for file ./shop/orders.ibd, desired size 4194304 bytes. Operating system error number 28.',
    "ERROR 1114 (HY000): The table 'orders' is full",
    'PANIC:  could not write to file "pg_wal/xlogtemp.55": No space left on device',
  ],
  'database.schema-error': [
    'ERROR:  column "discount" of relation "orders" does not exist',
    "ERROR 1054 (42S22): Unknown column 'discount' in 'field list'",
    "ERROR 1146 (42S02): Table 'shop.coupons' doesn't exist",
    'sqlite3.OperationalError: no such table: coupons',
    'java.sql.SQLSyntaxErrorException: ORA-00942: table or view does not exist',
  ],
  'database.authorization': ['ERROR:  permission denied for table orders'],
  'config.credentials-wrong': [
    'FATAL:  password authentication failed for user "app"',
    "ERROR 1045 (28000): Access denied for user 'app'@'10.0.0.3' (using password: YES)",
    'MongoServerError: Authentication failed.',
    'WRONGPASS invalid username-password pair or user is disabled.',
    'NOAUTH Authentication required.',
  ],
  'cache.memory-full': ["OOM command not allowed when used memory > 'maxmemory'."],
  'cache.persistence-failed': [
    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
  ],
  'cache.replication-broken': ["READONLY You can't write against a read only replica."],
  'cache.down': ['LOADING Redis is loading the dataset in memory', 'CLUSTERDOWN Hash slot not served'],
  'queue.broker-down': [
    'Connection to node -1 (kafka/10.0.0.5:9092) could not be established. Broker may not be available.',
    'kafka: client has run out of available brokers to talk to',
  ],
  'queue.under-replicated': [
    'org.apache.kafka.common.errors.NotEnoughReplicasException: Messages are rejected since there are fewer in-sync replicas than required.',
  ],
  'queue.partition-offline': ['LEADER_NOT_AVAILABLE'],
  'queue.consumer-lag': [
    'consumer poll timeout has expired. This means the time between subsequent calls to poll() was longer than the configured max.poll.interval.ms',
  ],
  'queue.authentication': ['ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN'],
  'queue.disk-full': ['disk resource limit alarm set on node rabbit@rabbit-0.'],
  'queue.other': ['memory resource limit alarm set on node rabbit@rabbit-0.'],
  'search.read-only-index': [
    'blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block]',
  ],
  'search.heap-pressure': [
    '[parent] Data too large, data for [<http_request>] would be [1.9gb], which is larger than the limit of [1.9gb] circuit_breaking_exception',
  ],
  'search.cluster-red': ['org.elasticsearch.action.search.SearchPhaseExecutionException: all shards failed'],
  'search.mapping-explosion': ['Limit of total fields [1000] has been exceeded'],
  'network.dns-resolution': [
    'dial tcp: lookup payments.shop.svc.cluster.local on 10.96.0.10:53: no such host',
    'Error: getaddrinfo ENOTFOUND payments',
    'java.net.UnknownHostException: payments',
    'socket.gaierror: [Errno -2] Name or service not known',
    'php_network_getaddresses: getaddrinfo failed: Temporary failure in name resolution',
  ],
  'network.dns-server-down': [
    'dial tcp: lookup payments on 10.96.0.10:53: read udp 10.0.0.3:41234->10.96.0.10:53: i/o timeout',
  ],
  'network.partition': ['connect EHOSTUNREACH 10.0.4.3:5432'],
  'service.no-ready-endpoints': [
    'no healthy upstream',
    '[error] no live upstreams while connecting to upstream',
    'backend be_app has no server available!',
  ],
  'application.incompatible-call': [
    'rpc error: code = Unimplemented desc = unknown method GetQuote for service shop.Shipping',
  ],
  'container.oom-killed': [
    'java.lang.OutOfMemoryError: Java heap space',
    'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
    'fatal error: runtime: out of memory',
    'PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted (tried to allocate 20480 bytes)',
    "System.OutOfMemoryException: Exception of type 'System.OutOfMemoryException' was thrown.",
    'Memory cgroup out of memory: Killed process 4242 (java)',
    'memory allocation of 8589934592 bytes failed',
  ],
  'resource.threads-exhausted': [
    'java.lang.OutOfMemoryError: unable to create native thread: possibly out of memory or process/resource limits reached',
    "RuntimeError: can't start new thread",
  ],
  'resource.descriptors-exhausted': [
    'accept4() failed (24: Too many open files)',
    'java.net.SocketException: Too many open files',
  ],
  'resource.disk-full': ['OSError: [Errno 28] No space left on device'],
  'container.port-in-use': [
    'Error: listen EADDRINUSE: address already in use :::8080',
    'listen tcp :8080: bind: address already in use',
  ],
  'config.certificate-expired': [
    'x509: certificate has expired or is not yet valid: current time 2026-03-04T10:00:00Z is after 2026-03-01T00:00:00Z',
    'javax.net.ssl.SSLHandshakeException: PKIX path validation failed: java.security.cert.CertPathValidatorException: validity check failed',
    'Error: certificate has expired',
  ],
  'config.other': ['x509: certificate signed by unknown authority'],
  'service.protocol-mismatch': [
    'http: server gave HTTP response to HTTPS client',
    'tls: first record does not look like a TLS handshake',
  ],
  'cloud.throttled': [
    'ThrottlingException: Rate exceeded',
    'ProvisionedThroughputExceededException: The level of configured provisioned throughput for the table was exceeded.',
  ],
  'cloud.permission-denied': [
    'AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/app is not authorized to perform: dynamodb:GetItem',
  ],
  'dependency.quota-exceeded': ['429 Too Many Requests'],
  'dependency.credentials-rejected': ['Stripe: Invalid API Key provided: sk_live_***'],
  'application.deadlock': [
    'Found one Java-level deadlock:',
    'fatal error: all goroutines are asleep - deadlock!',
  ],
  'application.exception': [
    'panic: runtime error: invalid memory address or nil pointer dereference',
    'java.lang.NullPointerException: Cannot invoke "Cart.total()" because "cart" is null',
    "TypeError: Cannot read properties of undefined (reading 'price')",
    'Unhandled exception. System.NullReferenceException: Object reference not set to an instance of an object.',
    "AttributeError: 'NoneType' object has no attribute 'total'",
    "NoMethodError: undefined method `total' for nil:NilClass",
    'PHP Fatal error:  Uncaught Error: Call to a member function total() on null',
    "thread 'main' panicked at 'called `Option::unwrap()` on a `None` value', src/main.rs:4:5",
    'Segmentation fault (core dumped)',
  ],
  'config.value-invalid': [
    'failed to parse config: yaml: line 4: mapping values are not allowed in this context',
  ],
  'container.command-not-found': ['exec: "start.sh": executable file not found in $PATH'],
  'image.wrong-architecture': ['exec /app/server: exec format error'],
};

test.each(Object.entries(sayings).flatMap(([code, lines]) => lines.map((line) => [line, code] as const)))(
  '%s',
  (line, code) => {
    expect(logCauseOf(line)?.code).toBe(code);
  },
);

/** The same words where nothing is wrong: counts of nothing, what is over, what is set up against it. */
const harmless: readonly string[] = [
  'database system is ready to accept connections',
  '0 failed, 120 passed',
  'errors=0 warnings=0 elapsed=12ms',
  'no errors found during the consistency check',
  'Successfully recovered from connection refused, retry 2 succeeded',
  'reconnected to redis after connection reset',
  'error_count=0 too_many_connections=0',
  'GET /errors/429 200 12ms',
  'Checkpoint complete: wrote 120 buffers (0.7%)',
  'Feature "no-space-left alerts" enabled',
  'DEBUG retry policy: retries on 429 Too Many Requests, 503',
  'INFO circuit breaker CLOSED for payments',
  'Loaded exception handler for NullPointerException',
  'OOM score adjusted to 0',
  'The certificate will expire in 45 days',
  'rate limit configured: 100 requests per second',
  'max_connections=100, connections=12',
  'Deadlock detector started',
  'slow query log enabled, threshold 500ms',
  'replication lag: 0 ms',
  'replica is up to date, replication lag 0.1s',
  '0 unassigned shards',
  'cluster health status changed from [RED] to [GREEN]',
  'cluster health status changed from [YELLOW] to [GREEN] (reason: [shards started [[logs][0]]])',
  'permission denied check skipped for superuser',
  'disk full protection is active',
  'listening on :8080 (address already in use check passed)',
  'consumer lag is 12',
  'failover drill scheduled for Sunday',
  'No slow queries in the last hour',
  'connection pool exhausted events: 0',
  'too many open files limit raised to 65536',
  'lock wait timeout set to 50 seconds',
  'Out of memory errors: none',
  'test "returns 429 Too Many Requests when limited" passed',
  'SIGSEGV handler installed',
];

test.each(harmless)('nothing: %s', (line) => {
  expect(logCauseOf(line)).toBeUndefined();
});
