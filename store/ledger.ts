import { z } from 'zod';
import { type Instant, instantSchema } from '#domain/time.ts';
import { asStored, type ChainCheck, checkChain, extendChain, lockChain } from './chain.ts';
import { toJsonb } from './jsonb.ts';
import { parseRows } from './row.ts';
import type { Row, Tx } from './tx.ts';

/** What is known of an effect on the world, in the order in which it is learnt. */
export const ledgerKinds = [
  'dry-run',
  'intent',
  'started',
  'effect-observed',
  /** Somebody looked, and the effect is not there: the step may be taken again. */
  'effect-absent',
  'verified',
  'undone',
  'failed',
  'refused',
] as const;
export type LedgerKind = (typeof ledgerKinds)[number];

const ledgerContentSchema = z.object({
  incidentId: z.string(),
  planNo: z.int(),
  stepNo: z.int(),
  stepId: z.string(),
  kind: z.enum(ledgerKinds),
  attempt: z.int(),
  at: instantSchema,
  data: z.record(z.string(), z.unknown()),
});

export const ledgerRowSchema = ledgerContentSchema.extend({ seq: z.int(), hash: z.string() });
export type LedgerRow = z.infer<typeof ledgerRowSchema>;

const chainedSchema = ledgerContentSchema.extend({
  seq: z.int(),
  format: z.int(),
  previousHash: z.string(),
  hash: z.string(),
});

export type NewLedgerRow = {
  readonly incidentId: string;
  readonly planNo: number;
  readonly stepNo: number;
  readonly stepId: string;
  readonly kind: LedgerKind;
  /** 1 unless told: a second try of the same step is 2. */
  readonly attempt?: number;
  readonly at: Instant;
  readonly data: Readonly<Record<string, unknown>>;
};

/** Adds a row at the commit. The same (stepId, kind, attempt) again is no second row. */
export async function appendLedger(tx: Tx, row: NewLedgerRow): Promise<void> {
  const content = ledgerContentSchema.parse({ ...row, attempt: row.attempt ?? 1, data: asStored(row.data) });
  tx.atEnd({ kind: 'ledger', entry: { ...content, at: new Date(content.at).toISOString() } });
}

const keySchema = z.object({ stepId: z.string(), kind: z.string(), attempt: z.int() });
const keyOf = (row: z.infer<typeof keySchema>): string => `${row.kind}|${row.attempt}|${row.stepId}`;

async function withoutKnown(tx: Tx, entries: readonly Row[]): Promise<z.infer<typeof ledgerContentSchema>[]> {
  const contents = entries.map((entry) => ledgerContentSchema.parse(entry));
  const unique = new Map(contents.toReversed().map((content) => [keyOf(content), content]));
  const known = await tx.query('SELECT step_id, kind, attempt FROM ledger WHERE step_id = ANY($1)', [
    contents.map((content) => content.stepId),
  ]);
  for (const key of parseRows(keySchema, known)) unique.delete(keyOf(key));
  return [...unique.values()].toReversed();
}

/** Writes the transaction's rows into the tenant's chain. */
export async function flushLedger(tx: Tx, entries: readonly Row[]): Promise<void> {
  // Taken first, so that whoever adds the same row at the same time is seen.
  const head = await lockChain(tx, 'ledger');
  const contents = await withoutKnown(tx, entries);
  if (contents.length === 0) return;
  const rows = await extendChain(tx, 'ledger', head, contents);
  await tx.query(
    `INSERT INTO ledger (seq, incident_id, plan_no, step_no, step_id, kind, attempt, at, data, format, previous_hash, hash)
     SELECT * FROM jsonb_to_recordset($1::jsonb) AS r(
       seq bigint, "incidentId" uuid, "planNo" int, "stepNo" int, "stepId" text, kind text, attempt int,
       at timestamptz, data jsonb, format smallint, "previousHash" text, hash text)`,
    [toJsonb(rows)],
  );
}

const columns =
  'seq, incident_id, plan_no, step_no, step_id, kind, attempt, at, data, format, previous_hash, hash';

/** The rows of an incident or of a step, in their order. */
export async function ledgerOf(
  tx: Tx,
  of: { readonly incidentId: string } | { readonly stepId: string },
): Promise<LedgerRow[]> {
  const rows =
    'incidentId' in of
      ? await tx.query(`SELECT ${columns} FROM ledger WHERE incident_id = $1 ORDER BY seq`, [of.incidentId])
      : await tx.query(`SELECT ${columns} FROM ledger WHERE step_id = $1 ORDER BY seq`, [of.stepId]);
  return parseRows(ledgerRowSchema, rows);
}

/** Steps of an incident that were started and of which nobody has seen whether they had their effect. */
export async function stepsInDoubt(tx: Tx, incidentId: string): Promise<string[]> {
  const rows = await tx.query(
    `SELECT DISTINCT started.step_id FROM ledger started
     WHERE started.incident_id = $1 AND started.kind = 'started' AND NOT EXISTS (
       SELECT 1 FROM ledger later WHERE later.step_id = started.step_id AND later.seq > started.seq
         AND later.kind IN ('effect-observed', 'effect-absent', 'verified', 'undone', 'failed', 'refused'))`,
    [incidentId],
  );
  return parseRows(z.object({ stepId: z.string() }), rows).map((row) => row.stepId);
}

/** Checks the tenant's ledger from its first row. */
export async function verifyLedger(tx: Tx): Promise<ChainCheck> {
  return checkChain(tx, 'ledger', async (afterSeq) => {
    const rows = await tx.query(`SELECT ${columns} FROM ledger WHERE seq > $1 ORDER BY seq LIMIT 1000`, [
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
