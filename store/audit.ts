import { z } from 'zod';
import { type Instant, instantSchema } from '#domain/time.ts';
import { asStored, type ChainCheck, checkChain, extendChain, lockChain } from './chain.ts';
import { toJsonb } from './jsonb.ts';
import { parseRows } from './row.ts';
import type { Row, Tx } from './tx.ts';

const auditContentSchema = z.object({
  at: instantSchema,
  /** Who did it: a user's name, `system`, or what was claimed and not proved as `unproved:<name>`. */
  actor: z.string(),
  /** What was done: `gate.decide`, `incident.take-over`, `stop-all.on`. */
  action: z.string(),
  /** To what: a gate's, incident's or user's id. */
  subject: z.string(),
  data: z.record(z.string(), z.unknown()),
  /** How it is known who it was; never the secret itself. */
  proof: z.record(z.string(), z.unknown()).optional(),
  outcome: z.string(),
});

export const auditRowSchema = auditContentSchema.extend({ seq: z.int(), hash: z.string() });
export type AuditRow = z.infer<typeof auditRowSchema>;

const chainedSchema = auditContentSchema.extend({
  seq: z.int(),
  format: z.int(),
  previousHash: z.string(),
  hash: z.string(),
});

export type NewAuditRow = {
  readonly at: Instant;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly proof?: Readonly<Record<string, unknown>>;
  readonly outcome: string;
};

/** Adds a row to the tenant's audit trail at the commit. */
export async function appendAudit(tx: Tx, row: NewAuditRow): Promise<void> {
  const content = auditContentSchema.parse(asStored(row));
  tx.atEnd({ kind: 'audit', entry: { ...content, at: new Date(content.at).toISOString() } });
}

/** Writes the transaction's rows into the tenant's chain. */
export async function flushAudit(tx: Tx, entries: readonly Row[]): Promise<void> {
  const rows = await extendChain(tx, 'audit', await lockChain(tx, 'audit'), entries);
  await tx.query(
    `INSERT INTO audit (seq, at, actor, action, subject, data, proof, outcome, format, previous_hash, hash)
     SELECT * FROM jsonb_to_recordset($1::jsonb) AS r(
       seq bigint, at timestamptz, actor text, action text, subject text, data jsonb, proof jsonb, outcome text,
       format smallint, "previousHash" text, hash text)`,
    [toJsonb(rows)],
  );
}

const columns = 'seq, at, actor, action, subject, data, proof, outcome, format, previous_hash, hash';

export type AuditQuery = { readonly afterSeq: number; readonly subject?: string; readonly limit: number };

/** Rows in their order, for export and for a look at one subject. */
export async function auditRows(tx: Tx, query: AuditQuery): Promise<AuditRow[]> {
  const rows = await tx.query(
    `SELECT ${columns} FROM audit WHERE seq > $1 AND ($2::text IS NULL OR subject = $2) ORDER BY seq LIMIT $3`,
    [query.afterSeq, query.subject ?? null, query.limit],
  );
  return parseRows(auditRowSchema, rows);
}

/** Checks the tenant's audit trail from its first row. */
export async function verifyAudit(tx: Tx): Promise<ChainCheck> {
  return checkChain(tx, 'audit', async (afterSeq) => {
    const rows = await tx.query(`SELECT ${columns} FROM audit WHERE seq > $1 ORDER BY seq LIMIT 1000`, [
      afterSeq,
    ]);
    return parseRows(chainedSchema, rows).map(({ seq, format, previousHash, hash, ...content }) => ({
      seq,
      format,
      previousHash,
      hash,
      content,
    }));
  });
}
