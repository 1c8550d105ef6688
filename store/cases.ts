import { z } from 'zod';
import { type Case, caseSchema } from '#domain/agent-turn.ts';
import type { CauseCode } from '#domain/causes/codes.ts';
import { type Instant, instantSchema } from '#domain/time.ts';
import { appendEvent } from './events.ts';
import { toJsonb } from './jsonb.ts';
import { parseFirst, parseRows } from './row.ts';
import { searchTerms } from './search-terms.ts';
import type { Tx } from './tx.ts';

export const storedCaseSchema = z.object({
  incidentId: z.string(),
  body: caseSchema,
  searchTerms: z.array(z.string()),
  openedAt: instantSchema,
  closedAt: instantSchema,
});
export type StoredCase = z.infer<typeof storedCaseSchema>;

export type NewCase = {
  readonly incidentId: string;
  readonly case: Case;
  readonly openedAt: Instant;
  readonly closedAt: Instant;
};

function termsOf(learned: Case): string[] {
  const texts = [
    learned.title,
    ...learned.alertNames,
    learned.service ?? '',
    ...learned.symptoms,
    learned.story,
  ];
  return [...new Set(texts.flatMap(searchTerms))];
}

/** Remembers a closed incident; telling it again replaces what was told. True for the first time. */
export async function putCase(tx: Tx, entry: NewCase): Promise<boolean> {
  const { incidentId, openedAt, closedAt } = entry;
  const { title, alertNames, service, cause, outcome } = entry.case;
  const rows = await tx.query(
    `INSERT INTO cases (incident_id, body, alert_names, service, cause, search_terms, opened_at, closed_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (tenant_id, incident_id) DO UPDATE SET body = excluded.body, alert_names = excluded.alert_names,
       service = excluded.service, cause = excluded.cause, search_terms = excluded.search_terms,
       closed_at = excluded.closed_at
     RETURNING xmax = 0 AS inserted`,
    [
      ...[incidentId, toJsonb(entry.case), alertNames, service ?? null, cause ?? null, termsOf(entry.case)],
      ...[openedAt, closedAt],
    ],
  );
  if (parseFirst(z.object({ inserted: z.boolean() }), rows)?.inserted !== true) return false;
  const data = { title, cause, outcome };
  await appendEvent(tx, { incidentId, at: closedAt, type: 'case.recorded', data });
  return true;
}

const columns = 'incident_id, body, search_terms, opened_at, closed_at';

/** The case of an incident, or undefined. */
export async function caseOf(tx: Tx, incidentId: string): Promise<StoredCase | undefined> {
  return parseFirst(
    storedCaseSchema,
    await tx.query(`SELECT ${columns} FROM cases WHERE incident_id = $1`, [incidentId]),
  );
}

/** Cases, the newest first. */
export async function listCases(tx: Tx, query: { readonly limit: number }): Promise<StoredCase[]> {
  const rows = await tx.query(`SELECT ${columns} FROM cases ORDER BY closed_at DESC LIMIT $1`, [query.limit]);
  return parseRows(storedCaseSchema, rows);
}

export type CaseQuery = {
  /** As `searchTerms` makes them. */
  readonly tokens: readonly string[];
  readonly alertName?: string;
  readonly service?: string;
  readonly cause?: CauseCode;
  readonly limit: number;
};

/**
 * Cases that share a term, the alert, the service or the cause with the question; those that share most first. A coarse
 * sieve: whoever asks ranks them.
 */
export async function candidateCases(tx: Tx, query: CaseQuery): Promise<StoredCase[]> {
  const rows = await tx.query(
    `SELECT ${columns} FROM cases
     WHERE search_terms && $1::text[] OR alert_names @> ARRAY[$2::text] OR service = $3 OR cause = $4
     ORDER BY (CASE WHEN alert_names @> ARRAY[$2::text] THEN 4 ELSE 0 END)
       + (CASE WHEN cause = $4 THEN 6 ELSE 0 END) + (CASE WHEN service = $3 THEN 2 ELSE 0 END)
       + 4.0 * cardinality(ARRAY(SELECT unnest(search_terms) INTERSECT SELECT unnest($1::text[])))
             / greatest(1, cardinality($1::text[])) DESC,
       closed_at DESC, incident_id
     LIMIT $5`,
    [
      [...new Set(query.tokens)],
      query.alertName ?? null,
      query.service ?? null,
      query.cause ?? null,
      query.limit,
    ],
  );
  return parseRows(storedCaseSchema, rows);
}
