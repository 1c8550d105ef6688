import type { FieldChange } from '#domain/actions/json-patch.ts';
import { canonicalJson } from '#domain/hash.ts';
import { shortenMiddle } from './layout.ts';
import type { Style } from './style.ts';

const mostFields = 12;

/** The parts of two values that differ, each with its path; lists are compared whole where their lengths differ. */
function differences({ path, before, after }: FieldChange): FieldChange[] {
  if (canonicalJson(before ?? null) === canonicalJson(after ?? null)) return [];
  const left = childrenOf(before);
  const right = childrenOf(after);
  if (left === undefined || right === undefined || left.isList !== right.isList)
    return [{ path, before, after }];
  if (left.isList && left.children.size !== right.children.size) return [{ path, before, after }];
  const keys = [...new Set([...left.children.keys(), ...right.children.keys()])].sort();
  return keys.flatMap((key) =>
    differences({
      path: `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`,
      before: left.children.get(key),
      after: right.children.get(key),
    }),
  );
}

function childrenOf(value: unknown): { isList: boolean; children: ReadonlyMap<string, unknown> } | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return { isList: Array.isArray(value), children: new Map(Object.entries(value)) };
}

/** A change as a diff: the field, then what it is and what it will be. No field at all: the object is deleted. */
export function diffLines(changes: readonly FieldChange[], style: Style): string[] {
  const { words, paint } = style;
  const parts = changes.flatMap(differences);
  if (parts.length === 0) return [words.gate.deleted];
  const shown = (value: unknown): string =>
    shortenMiddle(
      typeof value === 'string' ? value : JSON.stringify(value),
      Math.max(24, style.columns - 20),
    );
  const lines = parts
    .slice(0, mostFields)
    .flatMap(({ path, before, after }) => [
      path,
      ...(before === undefined ? [] : [paint.bad(`- ${shown(before)}`)]),
      ...(after === undefined ? [] : [paint.good(`+ ${shown(after)}`)]),
    ]);
  return parts.length > mostFields ? [...lines, words.gate.moreFields(parts.length - mostFields)] : lines;
}
