import type { CauseCode } from '#domain/causes/codes.ts';

/**
 * What runtimes, client libraries and servers say of a cause, in their own words. The first entry that fits wins: finer
 * ones stand first.
 */
export type LogCauseRule = {
  readonly code: CauseCode;
  readonly pattern: RegExp;
  /** 0..1: how much the words alone prove. */
  readonly strength: number;
  /** `peer`: whoever the line tells of is the one to look at, and not who wrote it. */
  readonly at?: 'peer';
  /** Said in quiet times, too: of somebody's mistyped password, or of what is tried again by design. */
  readonly everyday?: true;
};

const start: readonly LogCauseRule[] = [
  { code: 'image.wrong-architecture', pattern: /exec format error/i, strength: 0.9 },
  {
    code: 'container.command-not-found',
    pattern:
      /executable file not found|command not found|exec: .*no such file or directory|sh: \d+: \S+: not found|Could not find or load main class/i,
    strength: 0.9,
  },
  {
    code: 'container.port-in-use',
    pattern:
      /EADDRINUSE|address (?:is )?already in use|port \d+ (?:is |was )?already in use|Only one usage of each socket address/i,
    strength: 0.85,
  },
];

const security: readonly LogCauseRule[] = [
  {
    code: 'node.clock-skew',
    pattern:
      /RequestTimeTooSkewed|clock[ -]?skew|token (?:was )?used before issued|certificate (?:is )?not yet valid|is before \d{4}-\d\d-\d\dT.*not yet valid|Signature not yet current/i,
    strength: 0.75,
  },
  {
    code: 'config.certificate-expired',
    pattern:
      /certificate(?: has|'s validity has)? expired|certificate is expired|certificate expired|CERT_HAS_EXPIRED|CertificateExpiredException|CertPathValidatorException: validity check failed/i,
    strength: 0.9,
  },
  {
    code: 'config.other',
    pattern:
      /certificate signed by unknown authority|unable to (?:get local issuer|verify the first) certificate|SELF_SIGNED_CERT|self[- ]signed certificate|PKIX path building failed|CERTIFICATE_VERIFY_FAILED|ERR_TLS_CERT_ALTNAME_INVALID|certificate is valid for .*, not |does not match certificate's altnames|no alternative certificate subject name matches/i,
    strength: 0.7,
  },
  {
    code: 'service.protocol-mismatch',
    pattern:
      /does not look like a TLS handshake|gave HTTP response to HTTPS client|HTTP request to an HTTPS server|plain HTTP request was sent to HTTPS port|SSL routines.*wrong version number|Invalid HTTP version|received HTTP\/\d.*expected/i,
    strength: 0.75,
  },
  {
    code: 'queue.authentication',
    pattern:
      /SaslAuthenticationException|SASL authentication failed|TopicAuthorizationException|TOPIC_AUTHORIZATION_FAILED|GroupAuthorizationException|ACCESS_REFUSED/i,
    strength: 0.8,
  },
  {
    code: 'database.authorization',
    pattern:
      /permission denied for (?:table|relation|schema|database|sequence|function)|command denied to user|not authorized on \S+ to execute command/i,
    strength: 0.8,
  },
  {
    code: 'config.credentials-wrong',
    pattern:
      /password authentication failed|access denied for user|no pg_hba\.conf entry|SCRAM authentication failed|\bWRONGPASS\b|\bNOAUTH\b|invalid (?:username|user name|password|credentials|login)|Login failed for user|role "[^"]*" does not exist|ORA-01017|authentication failed/i,
    strength: 0.8,
    everyday: true,
  },
  {
    code: 'cloud.permission-denied',
    pattern:
      /AccessDeniedException|is not authorized to perform: |User: arn:\S+ is not authorized|PERMISSION_DENIED: .*IAM|AuthorizationFailed.*does not have authorization/i,
    strength: 0.75,
  },
  {
    code: 'dependency.credentials-rejected',
    pattern:
      /InvalidClientTokenId|SignatureDoesNotMatch|ExpiredToken|UnrecognizedClientException|invalid[ _](?:api[ _-]?key|access[ _-]?key|client[ _-]?secret|grant)|api key (?:is )?(?:invalid|expired|revoked)|401 Unauthorized/i,
    strength: 0.5,
    everyday: true,
  },
];

const storage: readonly LogCauseRule[] = [
  {
    code: 'search.read-only-index',
    pattern: /read-only-allow-delete|flood[- ]stage (?:disk )?watermark|TOO_MANY_REQUESTS\/12\/disk/i,
    strength: 0.8,
  },
  {
    code: 'cache.persistence-failed',
    pattern:
      /MISCONF Redis is configured to save|Background saving error|Can't save in background|Write error saving DB on disk/i,
    strength: 0.8,
  },
  {
    code: 'queue.disk-full',
    pattern: /disk resource limit alarm set|KafkaStorageException|Shutdown broker because all log dirs/i,
    strength: 0.8,
  },
  {
    code: 'database.storage-full',
    pattern:
      /could not (?:extend|write to|write) (?:file|block)[^\n]*no space left|could not extend file|The table '[^']*' is full|ORA-0165\d|Disk full \(|tablespace .* is full|InnoDB[^\n]*error number 28\b/i,
    strength: 0.85,
  },
  {
    code: 'resource.disk-full',
    pattern:
      /no space left on device|ENOSPC|disk quota exceeded|There is not enough space on the disk|\bdisk (?:is )?full\b/i,
    strength: 0.85,
  },
  {
    code: 'resource.descriptors-exhausted',
    pattern: /too many open files|\bE[MN]FILE\b|file descriptor limit|accept4?\(\) failed \(24/i,
    strength: 0.85,
  },
];

const memory: readonly LogCauseRule[] = [
  {
    code: 'resource.threads-exhausted',
    pattern:
      /unable to create (?:new )?native thread|can't start new thread|pthread_create (?:failed|error)|fork: (?:retry: )?Resource temporarily unavailable|RejectedExecutionException|thread pool (?:is )?(?:exhausted|full)|threads? starvation|reached (?:pm\.)?max_children|reached MaxRequestWorkers|worker_connections are not enough/i,
    strength: 0.75,
  },
  {
    code: 'cache.memory-full',
    pattern: /OOM command not allowed|SERVER_ERROR out of memory storing object/i,
    strength: 0.85,
    at: 'peer',
  },
  {
    code: 'search.heap-pressure',
    pattern: /circuit_breaking_exception|CircuitBreakingException.*Data too large/i,
    strength: 0.75,
    at: 'peer',
  },
  {
    code: 'container.oom-killed',
    pattern:
      /OutOfMemory(?:Error|Exception)|heap out of memory|GC overhead limit|cannot allocate memory|MemoryError|runtime: out of memory|std::bad_alloc|Out of memory: Kill|oom-kill:|Allocation failed - JavaScript|Allowed memory size of \d+ bytes exhausted|memory allocation of \d+ bytes failed/i,
    strength: 0.7,
  },
];

const databases: readonly LogCauseRule[] = [
  {
    code: 'resource.connections-exhausted',
    pattern:
      /Connection is not available, request timed out|QueuePool limit of size|Timeout acquiring a connection|pool (?:is )?(?:probably )?(?:full|exhausted|timed out)|connection pool (?:is )?(?:exhausted|timeout|full)|Timeout waiting for (?:idle object|connection from pool)|could not (?:get|obtain) (?:a )?(?:connection|resource) from (?:the )?pool|no more (?:free )?connections in (?:the )?pool|timeout exceeded when trying to connect|PoolTimeout|max number of clients reached/i,
    strength: 0.7,
  },
  {
    code: 'database.connections-exhausted',
    pattern:
      /too many (?:open )?connections|too many clients already|remaining connection slots|ORA-00020|max_connections.*exceeded/i,
    strength: 0.8,
    at: 'peer',
  },
  {
    code: 'cache.replication-broken',
    pattern:
      /MASTERDOWN|NOREPLICAS|READONLY You can't write|MASTER aborted replication|link with MASTER is down/i,
    strength: 0.75,
    at: 'peer',
  },
  {
    code: 'database.read-only',
    pattern:
      /read-only transaction|database is (?:in )?read-only|--read-only option|server is in read-only mode|attempt to write a readonly database/i,
    strength: 0.8,
    at: 'peer',
  },
  {
    code: 'database.failover',
    pattern:
      /NotWritablePrimary|not master and slaveOk|NotPrimaryNoSecondaryOk|terminating connection due to administrator command|the database system is in recovery mode|PrimarySteppedDown|promoted to (?:primary|master)/i,
    strength: 0.6,
    at: 'peer',
  },
  {
    code: 'database.down',
    pattern:
      /the database system is (?:starting up|shutting down)|server closed the connection unexpectedly|MySQL server has gone away|Lost connection to MySQL server/i,
    strength: 0.5,
    at: 'peer',
  },
  {
    code: 'database.lock-contention',
    pattern:
      /Lock wait timeout exceeded|due to lock timeout|could not obtain lock on|database (?:table )?is locked|Deadlock found when trying to get lock|still waiting for \w+Lock|ORA-00060|was deadlocked on lock resources|deadlock detected(?! in 0)|WriteConflict/i,
    strength: 0.75,
    everyday: true,
    at: 'peer',
  },
  {
    code: 'database.slow-query',
    pattern:
      /due to statement timeout|maximum statement execution time exceeded|MaxTimeMSExpired|duration: \d{4,}(?:\.\d+)? ms\s+(?:statement|execute)|exceeded time limit|slow query(?! log)/i,
    strength: 0.6,
    everyday: true,
    at: 'peer',
  },
  {
    code: 'database.replication-lag',
    pattern:
      /conflict with recovery|requested WAL segment \S+ has already been removed|replication lag[^\n\d]{0,20}(?:exceed|too (?:high|large)|above|over\b|[1-9]\d+ ?s(?:ec|\b))|replica(?:tion)? is (?:too far )?behind|Slave (?:SQL|I\/O).*error/i,
    strength: 0.65,
    at: 'peer',
  },
  {
    code: 'database.schema-error',
    pattern:
      /(?:relation|column|table|function|type) "[^"]*"(?: of relation "[^"]*")? does not exist|column \S+ does not exist|Unknown column|Table '[^']*' doesn't exist|no such (?:table|column)|Invalid (?:column|object) name|ORA-0094[24]/i,
    strength: 0.75,
  },
  {
    code: 'database.checkpoint-pressure',
    pattern: /checkpoints are occurring too frequently/i,
    strength: 0.7,
  },
];

const middleware: readonly LogCauseRule[] = [
  {
    code: 'cache.down',
    pattern: /LOADING Redis is loading the dataset|CLUSTERDOWN/i,
    strength: 0.7,
    at: 'peer',
  },
  {
    code: 'queue.under-replicated',
    pattern: /NOT_ENOUGH_REPLICAS|NotEnoughReplicas|Number of insync replicas .* is below/i,
    strength: 0.75,
    at: 'peer',
  },
  {
    code: 'queue.partition-offline',
    pattern:
      /LEADER_NOT_AVAILABLE|no leader for (?:this )?(?:topic-)?partition|leader not available|OfflinePartition/i,
    strength: 0.65,
    at: 'peer',
  },
  {
    code: 'queue.broker-down',
    pattern:
      /Broker may not be available|no (?:available|reachable) brokers|all brokers (?:are )?down|BrokerNotAvailable|client has run out of available brokers/i,
    strength: 0.75,
    at: 'peer',
  },
  {
    code: 'queue.other',
    pattern:
      /UNKNOWN_TOPIC_OR_PART|UnknownTopicOrPartition|unknown topic|memory resource limit alarm set|NOT_FOUND - no (?:queue|exchange)/i,
    strength: 0.7,
    at: 'peer',
  },
  {
    code: 'queue.consumer-lag',
    pattern:
      /consumer poll timeout has expired|CommitFailedException|consumer lag[^\n\d]{0,20}(?:exceed|too (?:high|large)|above|growing)|lag (?:is|of|exceeds|above) \d{3,}/i,
    strength: 0.6,
  },
  { code: 'search.mapping-explosion', pattern: /Limit of total fields \[\d+\]/i, strength: 0.8, at: 'peer' },
  {
    code: 'search.cluster-red',
    pattern:
      /master_not_discovered_exception|all shards failed|cluster (?:health )?status (?:changed [^\n]*\bto|is)?[ :=]*\[?"?RED\b/i,
    strength: 0.65,
    at: 'peer',
  },
  {
    code: 'search.shard-unassigned',
    pattern: /(?<!\b(?:0|no) )unassigned shards?|shards? (?:are|is) unassigned/i,
    strength: 0.6,
    at: 'peer',
  },
];

const limits: readonly LogCauseRule[] = [
  { code: 'image.registry-rate-limited', pattern: /toomanyrequests: .*pull rate limit/i, strength: 0.9 },
  {
    code: 'cloud.throttled',
    pattern:
      /ThrottlingException|RequestLimitExceeded|ProvisionedThroughputExceeded|Rate exceeded|SlowDown: Please reduce/,
    strength: 0.75,
  },
  {
    code: 'cloud.quota-exceeded',
    pattern: /ServiceQuotaExceeded|LimitExceededException|QuotaExceeded\b|RESOURCE_EXHAUSTED: Quota/i,
    strength: 0.75,
  },
  { code: 'admission.quota-other', pattern: /exceeded quota: /i, strength: 0.75 },
  {
    code: 'dependency.quota-exceeded',
    pattern:
      /429 Too Many Requests|(?:status|code|HTTP)\D{0,12}429\b|rate[ -]?limit(?:ed| exceeded| reached)|quota (?:has been )?exceeded|TooManyRequests/i,
    strength: 0.65,
    everyday: true,
  },
];

const configuration: readonly LogCauseRule[] = [
  {
    code: 'config.value-invalid',
    pattern:
      /(?:invalid|bad|malformed|illegal|unparsable) (?:configuration|config|setting|value|yaml|json config)\b|(?:failed|unable|could not|cannot|error)(?: to)? (?:parse|parsing|load|loading|read|unmarshal)\b[^\n]{0,40}\bconfig|yaml: (?:line \d+|unmarshal errors)|\[emerg\] (?:\d+#\d+: )?(?:unknown directive|invalid|unexpected)|strconv\.Parse\w+: parsing|NumberFormatException|could not convert string to|unknown flag|unrecogni[sz]ed (?:option|argument)|unsupported protocol scheme|missing port in address|invalid (?:port|URL|uri|duration|log level)\b/i,
    strength: 0.7,
  },
  {
    code: 'container.permission-denied',
    pattern:
      /permission denied|\bEACCES\b|operation not permitted|\bEPERM\b|Read-only file system|\bEROFS\b/i,
    strength: 0.6,
    everyday: true,
  },
];

const calls: readonly LogCauseRule[] = [
  {
    code: 'network.dns-server-down',
    pattern:
      /lookup \S+ on \S+:53: (?:read|write|dial) [^\n]*(?:i\/o timeout|connection refused|no route to host)/i,
    strength: 0.65,
  },
  {
    code: 'network.dns-resolution',
    pattern:
      /no such host|ENOTFOUND|EAI_AGAIN|NXDOMAIN|SERVFAIL|name resolution|name or service not known|nodename nor servname|could not resolve(?: host)?|host not found|UnknownHostException|server misbehaving|Could not translate host name|getaddrinfo failed/i,
    strength: 0.6,
  },
  {
    code: 'service.no-ready-endpoints',
    pattern:
      /no healthy upstream|no live upstreams|no endpoints available for service|no available server|has no server available/i,
    strength: 0.6,
    at: 'peer',
  },
  {
    code: 'application.incompatible-call',
    pattern:
      /\bUNIMPLEMENTED\b|unknown (?:method|service) \S+|code = Unimplemented|Unexpected token '?<'?.*JSON|method not found: /i,
    strength: 0.6,
  },
  {
    code: 'network.partition',
    pattern: /no route to host|EHOSTUNREACH|network is unreachable|ENETUNREACH|NoRouteToHostException/i,
    strength: 0.5,
  },
];

const programs: readonly LogCauseRule[] = [
  {
    code: 'application.deadlock',
    pattern: /Java-level deadlock|all goroutines are asleep - deadlock|potential deadlock/i,
    strength: 0.7,
  },
  {
    code: 'application.exception',
    pattern:
      /nil pointer dereference|NullPointerException|SIGSEGV|segmentation fault|index out of (?:range|bounds)|StackOverflowError|thread '[^']*' panicked|^panic: |Cannot read propert(?:y|ies) of (?:undefined|null)|'NoneType' object has no attribute|NullReferenceException|NoMethodError: undefined method|Call to a member function \S+ on null/i,
    strength: 0.5,
  },
];

export const logCauseRules: readonly LogCauseRule[] = [
  ...start,
  ...security,
  ...storage,
  ...memory,
  ...programs.slice(0, 1),
  ...databases,
  ...middleware,
  ...limits,
  ...calls,
  ...configuration,
  ...programs.slice(1),
];
