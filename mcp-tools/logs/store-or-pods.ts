import { messageOf, UnderstudyError } from '#domain/errors.ts';
import type { LogStore } from './log-store.ts';

type Page = {
  readonly items: readonly unknown[];
  readonly gaps: readonly string[];
  readonly hint?: string | undefined;
  readonly nextCursor?: string | undefined;
};

/** Where a page came from, so that the next one comes from there too. */
type Source = { readonly name: string; readonly cursor: string };

const sourceMark = ' | ';

function sourceOf(cursor: string | undefined): Source | undefined {
  if (cursor === undefined) return undefined;
  const at = cursor.indexOf(sourceMark);
  if (at < 0) throw new UnderstudyError('bad-input', 'cursor: not one that this tool gave; leave it out');
  return { name: cursor.slice(0, at), cursor: cursor.slice(at + sourceMark.length) };
}

/** One place where logs can be read. */
export type Place<Answer> = {
  readonly name: string;
  readonly read: (cursor: string | undefined) => Promise<Answer>;
};

export const podsPlace = 'pods';

/** The stores, as places. */
export function placesOf<Answer>(
  stores: readonly LogStore[],
  read: (store: LogStore, cursor: string | undefined) => Promise<Answer>,
): Place<Answer>[] {
  return stores.map((store) => ({ name: store.name, read: (cursor) => read(store, cursor) }));
}

function marked<Answer extends Page>(page: Answer, name: string, gaps: readonly string[]): Answer {
  const { nextCursor } = page;
  return {
    ...page,
    gaps: [...gaps, ...page.gaps],
    ...(nextCursor === undefined ? {} : { nextCursor: `${name}${sourceMark}${nextCursor}` }),
  };
}

/**
 * The answer of the first place that has anything. One that fails is a gap of the next one's answer; where all failed the
 * first failure is thrown, and where all were silent the first says so, with what the others say.
 */
export async function readFirst<Answer extends Page>(
  places: readonly Place<Answer>[],
  cursor: string | undefined,
): Promise<Answer> {
  const source = sourceOf(cursor);
  const asked = source === undefined ? places : places.filter(({ name }) => name === source.name);
  const gaps: string[] = [];
  const failures: unknown[] = [];
  const silent: { readonly page: Answer; readonly name: string }[] = [];
  for (const { name, read } of asked) {
    try {
      const page = await read(source?.cursor);
      if (page.items.length > 0) return marked(page, name, gaps);
      silent.push({ page, name });
    } catch (error) {
      if (!(error instanceof UnderstudyError)) throw error;
      failures.push(error);
      gaps.push(`logs of ${name}: ${messageOf(error)}`);
    }
  }
  const [first, ...others] = silent;
  if (first === undefined) throw failures[0] ?? new UnderstudyError('bad-input', 'cursor: of another set-up');
  const hints = silent.flatMap(({ page }) => page.hint ?? []);
  const page = { ...first.page, ...(hints.length === 0 ? {} : { hint: hints.join('; ') }) };
  return marked(page, first.name, [...gaps, ...others.flatMap((one) => one.page.gaps)]);
}
