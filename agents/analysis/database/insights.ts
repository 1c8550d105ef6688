import { z } from 'zod';
import { listOf, maybe } from '../kubernetes/partial.ts';

/** Load by wait event and statement, as performance insights of a cloud give it. */

const loadSchema = maybe(z.number());
const waitSchema = z.looseObject({
  name: z.string(),
  type: maybe(z.string()),
  db_load_avg: loadSchema,
  load: loadSchema,
});
const statementSchema = z.looseObject({
  statement: maybe(z.string()),
  sql: maybe(z.string()),
  db_load_avg: loadSchema,
  load: loadSchema,
  wait_events: listOf(waitSchema),
});
const insightSchema = z.looseObject({
  top_wait_events: listOf(waitSchema),
  top_sql: listOf(statementSchema),
});

export type Wait = { readonly name: string; readonly kind: WaitKind; readonly load: number };
export type Statement = { readonly text: string; readonly load: number; readonly waits: readonly Wait[] };
export type Load = {
  readonly waits: readonly Wait[];
  readonly statements: readonly Statement[];
  readonly total: number;
};

/** What a backend that waits is waiting for. */
export type WaitKind = 'cpu' | 'read' | 'log' | 'lock' | 'client' | 'memory' | 'other';

/** By the names that PostgreSQL and MySQL give their wait events; the finest first. */
const kinds: readonly (readonly [WaitKind, RegExp])[] = [
  [
    'log',
    /\bwal|checkpoint|redo|binlog|log.?(write|sync|flush)|datafile(write|extend|flush|sync)|buffer.?io.*write|sync_?method|transaction.?log/i,
  ],
  [
    'lock',
    /\block:|^lock\b|row.?lock|table.?lock|\bmutex\b|innodb.*lock|transactionid|\btuple\b|synch\/(mutex|cond|rwlock|sxlock)/i,
  ],
  ['client', /\bclient|clientread|clientwrite|idle/i],
  ['memory', /\b(buf(fer)?.?pin|buffercontent|buffermapping)\b|memory|swap/i],
  ['read', /\bdatafile(read|prefetch)|io\/table|buf.?file|io:|\/io\//i],
  ['cpu', /\bcpu\b/i],
];

export function waitKind(name: string, type: string | undefined): WaitKind {
  const text = `${type ?? ''}:${name}`;
  return kinds.find(([, form]) => form.test(text))?.[0] ?? 'other';
}

function waitOf({ name, type, db_load_avg, load }: z.output<typeof waitSchema>): Wait {
  return { name, kind: waitKind(name, type), load: db_load_avg ?? load ?? 0 };
}

/** The load that an insight tells; undefined where it tells none. */
export function loadOf(insight: unknown): Load | undefined {
  const parsed = insightSchema.safeParse(insight);
  if (!parsed.success) return undefined;
  const waits = parsed.data.top_wait_events.map(waitOf);
  const statements = parsed.data.top_sql.map((one) => ({
    text: one.statement ?? one.sql ?? '',
    load: one.db_load_avg ?? one.load ?? 0,
    waits: one.wait_events.map(waitOf),
  }));
  const total = Math.max(
    waits.reduce((sum, { load }) => sum + load, 0),
    statements.reduce((sum, { load }) => sum + load, 0),
  );
  return total > 0 ? { waits, statements, total } : undefined;
}

/** The part of the load that waits for something of this kind, 0..1. */
export function shareOf({ waits, total }: Load, kind: WaitKind): number {
  return waits.filter((wait) => wait.kind === kind).reduce((sum, { load }) => sum + load, 0) / total;
}

/** The statement that works or reads most, with its part of the whole load; time spent on waiting for a client is no work. */
export function heaviestStatement({
  statements,
  total,
}: Load): { statement: Statement; share: number } | undefined {
  const work = ({ load, waits }: Statement): number =>
    waits.length === 0
      ? load
      : waits
          .filter(({ kind }) => kind === 'cpu' || kind === 'read')
          .reduce((sum, wait) => sum + wait.load, 0);
  const [heaviest] = statements.toSorted((a, b) => work(b) - work(a));
  return heaviest === undefined ? undefined : { statement: heaviest, share: work(heaviest) / total };
}
