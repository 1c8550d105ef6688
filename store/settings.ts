import { z } from 'zod';
import { toJsonb } from './jsonb.ts';
import { parseFirst } from './row.ts';
import type { Tx } from './tx.ts';

/** A value that outlives processes, or undefined. The reader parses it. */
export async function getSetting(tx: Tx, key: string): Promise<unknown> {
  const rows = await tx.query('SELECT value FROM settings WHERE key = $1', [key]);
  return parseFirst(z.object({ value: z.unknown() }), rows)?.value;
}

/** Keeps a value under a key. */
export async function putSetting(tx: Tx, key: string, value: unknown): Promise<void> {
  await tx.query(
    `INSERT INTO settings (key, value) VALUES ($1, $2)
     ON CONFLICT (tenant_id, key) DO UPDATE SET value = excluded.value`,
    [key, toJsonb(value)],
  );
}
