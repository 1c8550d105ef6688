import { z } from 'zod';
import type { Instant } from '#domain/time.ts';
import { type Change, changeSchema } from '#domain/tools/changes.ts';
import { toJsonb } from './jsonb.ts';
import { parseRows } from './row.ts';
import type { Tx } from './tx.ts';

/** Keeps a change; one of the same id is replaced. Without a cluster it counts for every one. */
export async function putChange(
  tx: Tx,
  entry: { readonly change: Change; readonly cluster?: string },
): Promise<void> {
  const { id, at, namespace, service } = entry.change;
  await tx.query(
    `INSERT INTO changes (id, at, cluster, namespace, service, body) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (tenant_id, id) DO UPDATE SET at = excluded.at, cluster = excluded.cluster,
       namespace = excluded.namespace, service = excluded.service, body = excluded.body`,
    [id, at, entry.cluster ?? null, namespace ?? null, service ?? null, toJsonb(entry.change)],
  );
}

export type ChangeQuery = {
  readonly from: Instant;
  readonly to: Instant;
  readonly namespace?: string | undefined;
  readonly service?: string | undefined;
  readonly cluster?: string | undefined;
  /** 1000 unless told. */
  readonly limit?: number | undefined;
};

/** Changes in a span of time, the newest first. A change that names no cluster, namespace or service fits any. */
export async function changesBetween(tx: Tx, query: ChangeQuery): Promise<Change[]> {
  const { from, to, namespace, service, cluster, limit } = query;
  const rows = await tx.query(
    `SELECT body FROM changes WHERE at >= $1 AND at <= $2
       AND ($3::text IS NULL OR namespace IS NULL OR namespace = $3)
       AND ($4::text IS NULL OR service IS NULL OR service = $4)
       AND ($5::text IS NULL OR cluster IS NULL OR cluster = $5)
     ORDER BY at DESC, id LIMIT $6`,
    [from, to, namespace ?? null, service ?? null, cluster ?? null, limit ?? 1000],
  );
  return parseRows(z.object({ body: changeSchema }), rows).map((row) => row.body);
}
