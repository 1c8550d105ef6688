import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';
import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import { sha256Hex } from '#domain/hash.ts';
import { asStoreError } from './database-error.ts';

export type MigrateOptions = {
  /** Told of every step, in a sentence. */
  readonly log?: (message: string) => void;
  /** Where the numbered files are; our own unless told. */
  readonly folder?: URL;
};

type Migration = {
  readonly no: number;
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
};

const defaultFolder = new URL('./migrations/', import.meta.url);
/** Any number will do, as long as nobody else in the database uses it: "understudy" as digits of a phone. */
const advisoryLockKey = 8_633_787_839;

const fileName = /^(\d{4})_([a-z0-9_]+)\.sql$/;

async function migrationsIn(folder: URL): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).toSorted();
  return Promise.all(
    names.map(async (name, index) => {
      const no = Number(fileName.exec(name)?.[1]);
      if (no !== index + 1) {
        throw new UnderstudyError(
          'configuration',
          `migration file "${name}" is out of order; expected number ${index + 1} and the form 0001_name.sql`,
        );
      }
      const sql = await readFile(new URL(name, folder), 'utf8');
      return { no, name, sql, checksum: sha256Hex(sql) };
    }),
  );
}

/** It may not create in the schema, or not even see it. */
const lacksRights: readonly (string | undefined)[] = ['42501', '3F000'];
/** Another database of the same server is being set up at this moment: roles are common to all of them. */
const alreadyThere: readonly (string | undefined)[] = ['42710', '23505'];

async function createRole(client: pg.Client): Promise<void> {
  try {
    await client.query('CREATE ROLE understudy_app NOLOGIN NOSUPERUSER NOBYPASSRLS');
  } catch (error) {
    if (!(error instanceof pg.DatabaseError && alreadyThere.includes(error.code))) throw error;
  }
}

/** From this version on a user who creates a role may hand it out, but not become it until it was granted to itself. */
const roleOptionsSince = 160_000;

/** Each asks a question, and mends what the answer is not true for. All of it is so already at most starts. */
async function ensure(client: pg.Client, question: string, mend: string): Promise<void> {
  const { rows } = await client.query(`SELECT ${question} AS is`);
  if (rows[0]?.is !== true) await client.query(mend);
}

/**
 * The role that the application works as. It cannot log in; whoever connects takes it on for each transaction. Asked for at
 * every start: the user who connects may be another one than last time.
 */
async function ensureRole(client: pg.Client): Promise<void> {
  try {
    const { rows } = await client.query(
      `SELECT current_setting('server_version_num')::int AS version,
         EXISTS (SELECT FROM pg_roles WHERE rolname = 'understudy_app') AS there`,
    );
    if (rows[0]?.there !== true) await createRole(client);
    const mayBecome = Number(rows[0]?.version) >= roleOptionsSince ? 'SET' : 'MEMBER';
    await ensure(
      client,
      `pg_has_role(current_user, 'understudy_app', '${mayBecome}')`,
      'GRANT understudy_app TO CURRENT_USER',
    );
    await ensure(
      client,
      `has_schema_privilege('understudy_app', 'public', 'USAGE')`,
      'GRANT USAGE ON SCHEMA public TO understudy_app',
    );
  } catch (error) {
    throw new UnderstudyError(
      'configuration',
      'the database user may not create the role understudy_app or become it; as a superuser run: CREATE ROLE understudy_app NOLOGIN; GRANT understudy_app TO <user>; GRANT USAGE ON SCHEMA public TO understudy_app;',
      { cause: error },
    );
  }
}

const appliedSchema = z.object({ no: z.int(), name: z.string(), checksum: z.string() });
type Applied = z.infer<typeof appliedSchema>;

async function createMigrationsTable(client: pg.Client): Promise<void> {
  try {
    await client.query(
      `CREATE TABLE IF NOT EXISTS schema_migrations (
         no integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
    );
  } catch (error) {
    if (!(error instanceof pg.DatabaseError && lacksRights.includes(error.code))) throw error;
    throw new UnderstudyError(
      'configuration',
      'the database user may not create tables; as the owner of the database run: GRANT USAGE, CREATE ON SCHEMA public TO <user>;',
      { cause: error },
    );
  }
}

async function appliedMigrations(client: pg.Client): Promise<Applied[]> {
  await createMigrationsTable(client);
  const { rows } = await client.query('SELECT no, name, checksum FROM schema_migrations ORDER BY no');
  return rows.map((row) => appliedSchema.parse(row));
}

/** Throws where the database holds what this code does not know, or something else under a known number. */
function compare(applied: readonly Applied[], known: readonly Migration[]): void {
  for (const row of applied) {
    const migration = known[row.no - 1];
    if (migration === undefined) {
      throw new UnderstudyError(
        'configuration',
        `the database is newer than this version of Understudy (it has migration ${row.no}, ${row.name}; this version ends at ${known.length}); run the newer version`,
        { details: { databaseVersion: row.no, codeVersion: known.length } },
      );
    }
    if (migration.checksum !== row.checksum) {
      throw new UnderstudyError(
        'configuration',
        `migration ${migration.name} was changed after it had been applied; restore the file, and write a new migration instead`,
        { details: { migration: migration.name } },
      );
    }
  }
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(migration.sql);
    await client.query('INSERT INTO schema_migrations (no, name, checksum) VALUES ($1, $2, $3)', [
      migration.no,
      migration.name,
      migration.checksum,
    ]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

async function bringUp(client: pg.Client, options: MigrateOptions): Promise<number> {
  const known = await migrationsIn(options.folder ?? defaultFolder);
  const applied = await appliedMigrations(client);
  compare(applied, known);
  const missing = known.slice(applied.length);
  await ensureRole(client);
  for (const migration of missing) {
    options.log?.(`applying migration ${migration.name}`);
    await apply(client, migration);
  }
  return missing.length;
}

/**
 * Brings the database's tables up to this code, forward only: each file in its own transaction, one process at a time.
 * Connects as the owner of the tables; that may not be the role that the application works as.
 * @returns how many migrations were applied
 * @throws `configuration` where the database is newer than the code, a migration was edited, or rights are missing;
 *   `unavailable` where it cannot be reached
 */
export async function migrate(databaseUrl: string, options: MigrateOptions = {}): Promise<number> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'understudy-migrate',
    connectionTimeoutMillis: 10_000,
  });
  try {
    await client.connect();
    await client.query('SELECT pg_advisory_lock($1)', [advisoryLockKey]);
    return await bringUp(client, options);
  } catch (error) {
    throw asStoreError(error);
  } finally {
    // Gives the lock back too. After a failed connect there is nothing to end.
    await client.end().catch(() => undefined);
  }
}
