import { messageOf, UnderstudyError } from '#domain/errors.ts';
import type { AwsCall } from './access.ts';

/** What one reader brought, and what it could not bring. */
export type Reading<Item> = {
  readonly items: readonly Item[];
  readonly gaps: readonly string[];
  readonly cut?: boolean;
};

/** One listing of the account, by the kind of thing that it lists. */
export type Reader<Item, Asked> = {
  readonly name: string;
  readonly read: (call: AwsCall, asked: Asked) => Promise<Reading<Item>>;
};

/**
 * Every reader in every region. One that fails is a gap that says what to allow; where all failed the first failure is
 * thrown: then the credentials or the network are wrong.
 */
export async function readAll<Item, Asked>(
  readers: readonly Reader<Item, Asked>[],
  regions: readonly AwsCall[],
  asked: Asked,
): Promise<Required<Reading<Item>>> {
  const outcomes = await Promise.allSettled(
    regions.flatMap((call) => readers.map((reader) => reader.read(call, asked))),
  );
  const items: Item[] = [];
  const gaps: string[] = [];
  const failures: unknown[] = [];
  let cut = false;
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled') {
      items.push(...outcome.value.items);
      gaps.push(...outcome.value.gaps);
      cut ||= outcome.value.cut === true;
      continue;
    }
    if (!(outcome.reason instanceof UnderstudyError)) throw outcome.reason;
    failures.push(outcome.reason);
    gaps.push(messageOf(outcome.reason));
  }
  if (failures.length === outcomes.length && failures.length > 0) throw failures[0];
  return { items, gaps: [...new Set(gaps)], cut };
}

type Fields = object;

/** The fields of an API's object that tell of its state, under the API's own names; what is absent stays so. */
export function picked<Source extends Fields>(source: Source, keys: readonly (keyof Source & string)[]) {
  return Object.fromEntries(
    keys.flatMap((key) => (source[key] === undefined ? [] : [[key, plain(source[key])]])),
  );
}

/** Dates as text: properties travel as JSON. */
function plain(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

export function tagsOf(
  tags: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] | undefined,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    (tags ?? []).flatMap(({ Key, Value }) => (Key === undefined ? [] : [[Key, Value ?? '']])),
  );
}
