import { defineCauses } from './define-causes.ts';

const carriers = ['Database', 'StatefulSet', 'Deployment', 'CloudResource'] as const;

export const databaseCauses = defineCauses('database', {
  down: {
    title: { en: 'The database is down', zh: '数据库不可用' },
    kinds: [...carriers],
    proves: [
      'every client: "connection refused", "the database system is starting up / shutting down", "Can\'t connect to MySQL server"',
      'pg_up, mysql_up or the pod is down',
    ],
    excludes: ['one client only fails', 'the server answers and refuses the login'],
    fixes: ['scale', 'rollout-restart', 'rollout-undo', 'restart-unit'],
  },
  'read-only': {
    title: { en: 'The database is read-only', zh: '数据库只读' },
    kinds: [...carriers],
    proves: [
      '"cannot execute INSERT in a read-only transaction", "The MySQL server is running with the --read-only option"',
      'pg_is_in_recovery() true or read_only ON behind the writing address: a replica, or the disk is nearly full',
    ],
    excludes: ['writes of other clients to the same server succeed'],
    fixes: ['patch'],
  },
  authentication: {
    title: { en: 'The database refuses the logins', zh: '数据库认证失败' },
    kinds: ['Database', 'Secret', 'CloudResource'],
    proves: [
      '"password authentication failed for user", "Access denied for user … (using password: YES)", "no pg_hba.conf entry" for every client of the user',
      'the password was rotated or the user dropped',
    ],
    excludes: ["other clients log in with the same user: the client's configuration is the cause"],
    fixes: ['patch', 'rollout-restart'],
  },
  authorization: {
    title: { en: 'The database user lacks a right', zh: '数据库权限不足' },
    kinds: ['Database', 'CloudResource'],
    proves: [
      '"permission denied for table …", "command denied to user", MongoDB "not authorized on … to execute command"',
    ],
    excludes: ['the login itself is refused'],
    fixes: [],
  },
  'connections-exhausted': {
    title: { en: 'The database has no connections left', zh: '数据库连接数耗尽' },
    kinds: [...carriers],
    proves: [
      '"FATAL: sorry, too many clients already", "remaining connection slots are reserved", "Too many connections"',
      'connections equal max_connections; many idle in transaction, or one client holds most',
    ],
    excludes: [
      'connections below 80 % of the maximum',
      "a client's own pool is empty while the server has room",
    ],
    fixes: ['scale', 'rollout-restart', 'patch'],
  },
  'slow-query': {
    title: { en: 'Queries are slow', zh: '慢查询' },
    kinds: ['Database', 'CloudResource', 'Deployment'],
    proves: [
      'one statement takes most of the time (pg_stat_statements, slow log), its mean rose; sequential scan or changed plan',
      'it began with a release, an index dropped, statistics gone stale or data grown',
    ],
    excludes: ['statements wait for locks', 'all statements slow down alike: resource or network'],
    fixes: ['rollout-undo', 'scale'],
  },
  'lock-contention': {
    title: { en: 'Queries wait for locks', zh: '锁等待或死锁' },
    kinds: ['Database', 'Deployment', 'CloudResource'],
    proves: [
      'pg_blocking_pids() or sys.innodb_lock_waits name a holder; "deadlock detected", "Lock wait timeout exceeded"',
      'a long transaction, DDL or idle in transaction holds the lock',
    ],
    excludes: ['no ungranted locks'],
    fixes: ['rollout-restart', 'rollout-undo'],
  },
  'replication-lag': {
    title: { en: 'Replicas lag behind', zh: '主从复制延迟' },
    kinds: [...carriers],
    proves: [
      'pg_replication_lag or Seconds_Behind_Source rises; replication slot retains WAL; IO or SQL thread stopped',
      'readers of the replica see old data',
    ],
    excludes: ['lag within a second'],
    fixes: ['rollout-restart'],
  },
  'storage-full': {
    title: { en: "The database's storage is full", zh: '数据库磁盘写满' },
    kinds: ['Database', 'PersistentVolumeClaim', 'CloudResource'],
    proves: [
      '"could not extend file … No space left on device", error 28 or 1114, "PANIC: could not write to file pg_wal"',
      'free storage near 0: data, WAL kept by a slot, binary logs or temporary files',
    ],
    excludes: ['more than a tenth is free'],
    fixes: ['patch'],
  },
  failover: {
    title: { en: 'The database failed over', zh: '数据库主备切换' },
    kinds: [...carriers],
    proves: [
      'promotion of a replica, timeline change, "terminating connection due to administrator command", a provider\'s failover event',
      'errors of all clients start and end together; some clients keep the old address',
    ],
    excludes: ['the primary is the same throughout'],
    fixes: ['rollout-restart'],
  },
  'schema-error': {
    title: { en: 'Code and schema of the database do not fit', zh: '数据库表结构不匹配' },
    kinds: ['Database', 'Deployment', 'Job'],
    proves: [
      '"relation … does not exist", "column … does not exist", "Unknown column", "null value in column … violates"',
      'a migration was missed, failed or came before the code; errors only in the new version',
    ],
    excludes: ['the object exists with that form for the user and search path'],
    fixes: ['rollout-undo', 'create'],
  },
  'checkpoint-pressure': {
    title: { en: 'Checkpoints press on the database', zh: '检查点压力过大' },
    kinds: ['Database', 'CloudResource'],
    proves: [
      '"checkpoints are occurring too frequently"; requested checkpoints above half; write latency rises in waves; innodb_log_waits rises',
    ],
    excludes: ['timed checkpoints only and even write latency'],
    fixes: ['patch'],
  },
  'memory-pressure': {
    title: { en: 'The database lacks memory', zh: '数据库内存压力' },
    kinds: [...carriers],
    proves: [
      'cache hit ratio falls, temporary files and disk reads rise, "out of memory", freeable memory near 0 or swapping',
    ],
    excludes: ['hit ratio and temporary files as before'],
    fixes: ['set-resources', 'patch', 'scale'],
  },
  other: {
    title: { en: 'The database is not well', zh: '其他数据库问题' },
    kinds: [...carriers],
    proves: [
      'callers fail or slow down at database calls, the server shows errors, and no finer cause: wraparound, bloat, corruption',
    ],
    excludes: ['the database answers all its clients as before'],
    fixes: [],
  },
});
