import { isSecretName } from '../runtime/redaction.ts';

/** Differences of two pod templates as lines of text, field by field. */

type Fields = ReadonlyMap<string, string>;

function keyOf(item: unknown, index: number): string {
  if (typeof item === 'object' && item !== null && 'name' in item && typeof item.name === 'string')
    return item.name;
  return String(index);
}

/** `{name, value}`, as variables are written, is one field: the name's. */
function variableOf(item: unknown): { name: string; value: unknown } | undefined {
  if (typeof item !== 'object' || item === null || !('name' in item) || !('value' in item)) return undefined;
  return typeof item.name === 'string' && Object.keys(item).length === 2
    ? { name: item.name, value: item.value }
    : undefined;
}

function shown(path: string, value: unknown): string {
  const name = path.slice(path.lastIndexOf('.') + 1);
  return typeof value === 'string' && isSecretName(name) ? '[redacted:named-secret]' : JSON.stringify(value);
}

/** A secret that changed must show as a change, though neither value may. */
function secretNote(path: string, value: unknown, others: Fields): string {
  return others.get(path) === shown(path, value) ? `${shown(path, value)} (another one)` : shown(path, value);
}

function flatten(value: unknown, path: string, into: Map<string, unknown>): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const variable = variableOf(item);
      if (variable === undefined) flatten(item, `${path}.${keyOf(item, index)}`, into);
      else into.set(`${path}.${variable.name}`, variable.value);
    }
    return;
  }
  if (typeof value === 'object' && value !== null) {
    for (const [key, field] of Object.entries(value))
      flatten(field, path === '' ? key : `${path}.${key}`, into);
    return;
  }
  if (value !== null && value !== undefined) into.set(path, value);
}

export type TemplateDiff = {
  /** Paths of the fields that differ, in order. */
  readonly fields: readonly string[];
  /** `- path: before` and `+ path: after`, a line each. */
  readonly text: string;
};

/** What turned one template into the other. Containers, variables and volumes are matched by name, not by place. */
export function diffTemplates(before: unknown, after: unknown): TemplateDiff {
  const old = new Map<string, unknown>();
  const now = new Map<string, unknown>();
  flatten(before, '', old);
  flatten(after, '', now);
  const oldShown: Fields = new Map([...old].map(([path, value]) => [path, shown(path, value)]));
  const fields = [...new Set([...old.keys(), ...now.keys()])]
    .filter((path) => old.get(path) !== now.get(path))
    .sort();
  const lines = fields.flatMap((path) => [
    ...(old.has(path) ? [`- ${path}: ${oldShown.get(path)}`] : []),
    ...(now.has(path) ? [`+ ${path}: ${secretNote(path, now.get(path), oldShown)}`] : []),
  ]);
  return { fields, text: lines.join('\n') };
}
