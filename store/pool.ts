import pg from 'pg';
import { UnderstudyError } from '#domain/errors.ts';
import { flushAudit } from './audit.ts';
import { asStoreError, isRefusal, mayRepeat } from './database-error.ts';
import { flushEvents } from './events.ts';
import { flushLedger } from './ledger.ts';
import type { Closing, Row, Tx } from './tx.ts';

export type { Row, Tx } from './tx.ts';

export type StoreOptions = {
  readonly databaseUrl: string;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  /** Connections at most; 10 unless told. */
  readonly poolSize?: number;
  /** After this a statement is given up, here and in the server; 15 s unless told. */
  readonly statementTimeoutMs?: number;
  /** Told of connections that broke while nobody used them. */
  readonly onIdleError?: (error: Error) => void;
};

export type Store = {
  /** Runs work in one transaction of a tenant; `inTenant` is how it is called. */
  readonly transact: <Result>(tenant: string, work: (tx: Tx) => Promise<Result>) => Promise<Result>;
  readonly close: () => Promise<void>;
};

const connectTimeoutMs = 3_000;
const repeatsAfterDeadlock = 3;

/** Times as RFC 3339 text in milliseconds, bigint as number; the rest as `pg` reads it. */
const typeParsers: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => {
    if (oid === pg.types.builtins.TIMESTAMPTZ) return (text: string) => new Date(text).toISOString();
    if (oid === pg.types.builtins.INT8) return Number;
    return pg.types.getTypeParser(oid, format);
  },
};

/** In this order, so that locks are always taken in the same one. */
const flushers = [
  ['ledger', flushLedger],
  ['audit', flushAudit],
  ['event', flushEvents],
] as const;

/** Writes what was kept for the end; the last write may still be on its way when this resolves with its promise. */
async function flush(tx: Tx, closings: readonly Closing[]): Promise<{ readonly last: Promise<void> }> {
  let last = Promise.resolve();
  for (const [kind, write] of flushers) {
    const entries = closings.filter((closing) => closing.kind === kind).map((closing) => closing.entry);
    await last;
    if (entries.length > 0) last = write(tx, entries);
  }
  return { last };
}

/**
 * Everything that a transaction starts with, in one round trip: who works (a role that owns nothing and obeys row-level
 * security), for whom, and for how long. All of it ends with the transaction, so it is safe behind a pooler too.
 */
function beginning(client: pg.PoolClient, tenant: string, statementTimeoutMs: number): string {
  return [
    'BEGIN',
    'SET LOCAL ROLE understudy_app',
    `SET LOCAL statement_timeout = ${Math.trunc(statementTimeoutMs)}`,
    `SET LOCAL idle_in_transaction_session_timeout = ${2 * Math.trunc(statementTimeoutMs)}`,
    `SELECT set_config('understudy.tenant', ${client.escapeLiteral(tenant)}, true)`,
  ].join('; ');
}

/** A connection in use, and whether it can be used again. */
type Lease = { readonly client: pg.PoolClient; broken: boolean };

async function run(lease: Lease, sql: string, params: readonly unknown[] = []): Promise<pg.QueryResult<Row>> {
  try {
    return await lease.client.query<Row>(sql, [...params]);
  } catch (error) {
    lease.broken ||= !isRefusal(error);
    throw asStoreError(error);
  }
}

async function workAndCommit<Result>(
  lease: Lease,
  tenant: string,
  work: (tx: Tx) => Promise<Result>,
): Promise<Result> {
  const closings: Closing[] = [];
  const tx: Tx = {
    tenant,
    query: async (sql, params) => (await run(lease, sql, params)).rows,
    atEnd: (closing) => {
      closings.push(closing);
    },
  };
  const result = await work(tx);
  const { last } = await flush(tx, closings);
  const [, { command }] = await Promise.all([last, run(lease, 'COMMIT')]);
  // After an error that the work swallowed, the server answers COMMIT with a rollback.
  if (command !== 'COMMIT') {
    throw new UnderstudyError('internal', 'the transaction had failed before its end and was rolled back');
  }
  return result;
}

async function runTransaction<Result>(
  lease: Lease,
  tenant: string,
  statementTimeoutMs: number,
  work: (tx: Tx) => Promise<Result>,
): Promise<Result> {
  // Sent ahead of the first statement rather than waited for. Should it fail, the server refuses everything after it.
  const begun = run(lease, beginning(lease.client, tenant, statementTimeoutMs));
  begun.catch(() => undefined);
  try {
    return await workAndCommit(lease, tenant, work);
  } catch (error) {
    await begun;
    throw error;
  }
}

/** Ends a failed transaction. A connection of which it is not known how it stands is thrown away. */
async function giveBack(lease: Lease): Promise<void> {
  if (!lease.broken) await run(lease, 'ROLLBACK').catch(() => undefined);
  // Where the rollback failed too, the server rolls back when the connection goes.
  lease.client.release(lease.broken);
}

/**
 * Opens a pool of connections. Nothing is connected yet; the first transaction does that and rejects with `unavailable`
 * where it cannot.
 */
export function openStore(options: StoreOptions): Store {
  const statementTimeoutMs = options.statementTimeoutMs ?? 15_000;
  const pool = new pg.Pool({
    connectionString: options.databaseUrl,
    application_name: options.applicationName,
    max: options.poolSize ?? 10,
    connectionTimeoutMillis: connectTimeoutMs,
    // A server that hangs cannot time out its own statements.
    query_timeout: statementTimeoutMs + 1_000,
    types: typeParsers,
    keepAlive: true,
    // Statements that do not wait for each other's answers go out together and are carried out in their order.
    pipeline: true,
  });
  // Without a listener a connection that breaks while idle would end the process.
  pool.on('error', (error) => options.onIdleError?.(error));

  async function attempt<Result>(tenant: string, work: (tx: Tx) => Promise<Result>): Promise<Result> {
    const client = await pool.connect().catch((error: unknown) => {
      throw asStoreError(error);
    });
    const lease: Lease = { client, broken: false };
    try {
      const result = await runTransaction(lease, tenant, statementTimeoutMs, work);
      client.release();
      return result;
    } catch (error) {
      await giveBack(lease);
      throw error;
    }
  }

  return {
    transact: async (tenant, work) => {
      for (let repeats = 0; ; repeats += 1) {
        try {
          return await attempt(tenant, work);
        } catch (error) {
          if (mayRepeat(error) && repeats < repeatsAfterDeadlock) continue;
          throw error;
        }
      }
    },
    close: () => pool.end(),
  };
}

/**
 * Runs work in one transaction of one tenant, and commits it. An error rolls everything back and is passed on. Work may
 * be run again after a deadlock, so it should have no other effect than on the database.
 */
export function inTenant<Result>(
  store: Store,
  tenant: string,
  work: (tx: Tx) => Promise<Result>,
): Promise<Result> {
  return store.transact(tenant, work);
}
