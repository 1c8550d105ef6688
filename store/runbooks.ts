import { z } from 'zod';
import type { CauseCode } from '#domain/causes/codes.ts';
import { runbookSchema } from '#domain/tools/knowledge.ts';
import { storableText } from './jsonb.ts';
import { parseRows } from './row.ts';
import { searchTerms } from './search-terms.ts';
import type { Tx } from './tx.ts';

export const storedRunbookSchema = runbookSchema.extend({ searchTerms: z.array(z.string()) });
export type StoredRunbook = z.infer<typeof storedRunbookSchema>;

export type NewRunbook = {
  readonly id: string;
  readonly title: string;
  readonly causes: readonly CauseCode[];
  readonly text: string;
};

/** Writes a runbook; one of the same id gets the new text and keeps its counts. */
export async function putRunbook(tx: Tx, runbook: NewRunbook): Promise<void> {
  const title = storableText(runbook.title);
  const text = storableText(runbook.text);
  const terms = [...new Set([...searchTerms(title), ...searchTerms(text)])];
  await tx.query(
    `INSERT INTO runbooks (id, title, causes, text, search_terms) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (tenant_id, id) DO UPDATE SET title = excluded.title, causes = excluded.causes,
       text = excluded.text, search_terms = excluded.search_terms`,
    [runbook.id, title, [...runbook.causes], text, terms],
  );
}

/** Counts that a runbook was followed, and whether it helped. */
export async function countRunbookUse(
  tx: Tx,
  use: { readonly id: string; readonly helped: boolean },
): Promise<void> {
  await tx.query('UPDATE runbooks SET used = used + 1, helped = helped + $2 WHERE id = $1', [
    use.id,
    use.helped ? 1 : 0,
  ]);
}

const columns = 'id, title, causes, text, used, helped, search_terms';

/** All runbooks, by id. */
export async function listRunbooks(tx: Tx): Promise<StoredRunbook[]> {
  return parseRows(storedRunbookSchema, await tx.query(`SELECT ${columns} FROM runbooks ORDER BY id`));
}

/** Runbooks that share a term or the cause with the question; those that share most first. A coarse sieve. */
export async function candidateRunbooks(
  tx: Tx,
  query: { readonly tokens: readonly string[]; readonly cause?: CauseCode; readonly limit: number },
): Promise<StoredRunbook[]> {
  const rows = await tx.query(
    `SELECT ${columns} FROM runbooks WHERE search_terms && $1::text[] OR causes @> ARRAY[$2::text]
     ORDER BY (CASE WHEN causes @> ARRAY[$2::text] THEN 4 ELSE 0 END)
       + 4.0 * cardinality(ARRAY(SELECT unnest(search_terms) INTERSECT SELECT unnest($1::text[])))
             / greatest(1, cardinality($1::text[])) DESC, id
     LIMIT $3`,
    [[...new Set(query.tokens)], query.cause ?? null, query.limit],
  );
  return parseRows(storedRunbookSchema, rows);
}
