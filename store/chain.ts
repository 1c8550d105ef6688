import { z } from 'zod';
import { hashOf } from '#domain/hash.ts';
import { toJsonb } from './jsonb.ts';
import { parseFirst } from './row.ts';
import type { Row, Tx } from './tx.ts';

/** How a row's hash is made; part of what is hashed, so that old rows stay checkable when it changes. */
export const chainFormat = 1;

/** The hash before a chain's first row. */
export const chainStart = '0'.repeat(64);

export type ChainName = 'ledger' | 'audit';
export type ChainedRow = {
  readonly seq: number;
  readonly format: number;
  readonly previousHash: string;
  readonly hash: string;
};

const headSchema = z.object({ seq: z.int(), head: z.string() });

/** SHA-256 of the canonical JSON of what the row says, its number and the hash of the row before it. */
export function chainHash(content: Row, seq: number, previousHash: string): string {
  return hashOf({ format: chainFormat, seq, previousHash, content });
}

/** Where a chain ends. */
export type ChainHead = z.infer<typeof headSchema>;

/** Keeps a tenant's chain until the transaction ends, and says where it ends now. */
export async function lockChain(tx: Tx, name: ChainName): Promise<ChainHead> {
  await tx.query('INSERT INTO chains (name, seq, head) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING', [
    name,
    chainStart,
  ]);
  const rows = await tx.query('SELECT seq, head FROM chains WHERE name = $1 FOR UPDATE', [name]);
  return parseFirst(headSchema, rows) ?? { seq: 0, head: chainStart };
}

/**
 * Numbers and hashes for rows that are added to a tenant's chain.
 * @param from where the chain ends, as `lockChain` said in this transaction
 * @param contents what each row says, in the form in which it will be read again
 */
export async function extendChain<Content extends Row>(
  tx: Tx,
  name: ChainName,
  from: ChainHead,
  contents: readonly Content[],
): Promise<(Content & ChainedRow)[]> {
  let { seq, head } = from;
  const chained = contents.map((content) => {
    const previousHash = head;
    seq += 1;
    head = chainHash(content, seq, previousHash);
    return { ...content, seq, format: chainFormat, previousHash, hash: head };
  });
  await tx.query('UPDATE chains SET seq = $2, head = $3 WHERE name = $1', [name, seq, head]);
  return chained;
}

/** A value as it will be read again: what JSON cannot hold is gone, what PostgreSQL cannot hold is mended. */
export function asStored<Value>(value: Value): unknown {
  return JSON.parse(toJsonb(value));
}

export type ChainCheck =
  | { readonly ok: true; readonly rows: number }
  | { readonly ok: false; readonly brokenAt: number; readonly why: string };

/** How far a check has come. */
type Walk = { readonly seq: number; readonly head: string };

function faultOf(row: ChainedRow & { readonly content: Row }, walk: Walk): string | undefined {
  if (row.seq !== walk.seq + 1) return `row ${walk.seq + 1} is missing`;
  if (row.format !== chainFormat) return `unknown format ${row.format}`;
  if (row.previousHash !== walk.head) return 'it does not follow the row before it';
  if (row.hash !== chainHash(row.content, row.seq, row.previousHash)) return 'it was changed';
  return undefined;
}

/**
 * Walks a tenant's chain from its start and says where it is broken first: a row changed, missing, added in between, or
 * cut off at the end.
 * @param page reads the next rows after a number, in order; an empty page is the end
 */
export async function checkChain(
  tx: Tx,
  name: ChainName,
  page: (afterSeq: number) => Promise<readonly (ChainedRow & { readonly content: Row })[]>,
): Promise<ChainCheck> {
  let walk: Walk = { seq: 0, head: chainStart };
  for (let rows = await page(0); rows.length > 0; rows = await page(walk.seq)) {
    for (const row of rows) {
      const why = faultOf(row, walk);
      if (why !== undefined) return { ok: false, brokenAt: walk.seq + 1, why };
      walk = { seq: row.seq, head: row.hash };
    }
  }
  const told = parseFirst(headSchema, await tx.query('SELECT seq, head FROM chains WHERE name = $1', [name]));
  if (told !== undefined && (told.seq !== walk.seq || told.head !== walk.head)) {
    return { ok: false, brokenAt: walk.seq + 1, why: 'rows are missing at the end' };
  }
  return { ok: true, rows: walk.seq };
}
