import { randomUUID } from 'node:crypto';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common';
import pg from 'pg';
import { inject } from 'vitest';
import { z } from 'zod';
import { registerSearchAttributes } from '#temporal-dev/search-attributes.ts';

export type TestDatabase = {
  /** What the product would be given as DATABASE_URL. */
  url: string;
  /** The same database, as a superuser. */
  superuserUrl: string;
};

/** A migrated database of this test file's own on a real PostgreSQL, made on the first call. */
export function useDatabase(): Promise<TestDatabase> {
  database ??= newDatabase();
  return database;
}

/** A namespace of this test file's own on a real Temporal server, with our search attributes, made on the first call. */
export function useTemporal(): Promise<{ address: string; namespace: string }> {
  temporal ??= createNamespace();
  return temporal;
}

// vitest loads this module anew for each test file, so these are one a file.
let database: Promise<TestDatabase> | undefined;
let temporal: ReturnType<typeof useTemporal> | undefined;

/** Another migrated database, for one test alone. */
export async function newDatabase(): Promise<TestDatabase> {
  const { url: template } = await ask('/database', z.object({ url: z.string() }));
  const url = new URL(template);
  const templateName = url.pathname.slice(1);
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  url.pathname = '/postgres';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    // Copies of one template queue up behind one another; a copy of a small database takes a few hundredths of a second.
    await client.query('SELECT pg_advisory_lock(1)');
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${templateName}`);
  } finally {
    await client.end();
  }
  url.pathname = `/${name}`;
  return { url: url.href, superuserUrl: url.href };
}

async function createNamespace(): Promise<{ address: string; namespace: string }> {
  const { address } = await ask('/temporal', z.object({ address: z.string() }));
  const namespace = `test-${randomUUID()}`;
  const connection = await Connection.connect({ address });
  try {
    const workflowExecutionRetentionPeriod = msToTs('1 day');
    await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod });
    await registerSearchAttributes(connection, namespace);
  } finally {
    await connection.close();
  }
  return { address, namespace };
}

async function ask<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>> {
  const answer = await fetch(`${inject('servicesUrl')}${path}`);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`the tests' service ${path} did not start: ${text}`);
  return schema.parse(JSON.parse(text));
}
