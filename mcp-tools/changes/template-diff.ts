import { redactValue } from '../runtime/redact-value.ts';

/** Differences of two pod templates as lines of text, field by field. */

type Fields = ReadonlyMap<string, unknown>;

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

function flatten(value: unknown, path = '', into = new Map<string, unknown>()): Fields {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const variable = variableOf(item);
      if (variable === undefined) flatten(item, `${path}.${keyOf(item, index)}`, into);
      else into.set(`${path}.${variable.name}`, variable.value);
    }
    return into;
  }
  if (typeof value === 'object' && value !== null) {
    for (const [key, field] of Object.entries(value))
      flatten(field, path === '' ? key : `${path}.${key}`, into);
    return into;
  }
  if (value !== null && value !== undefined) into.set(path, value);
  return into;
}

export type TemplateDiff = {
  /** Paths of the fields that differ, in order. */
  readonly fields: readonly string[];
  /** `- path: before` and `+ path: after`, a line each. */
  readonly text: string;
};

const isMark = (text: string): boolean => /^\[redacted:[a-z-]+\]$/.test(text);

/** A value as it may be shown, by the whole template that it stands in: a mark stands bare, the rest as JSON. */
function shownFields(template: unknown): ReadonlyMap<string, string> {
  const shown = flatten(redactValue(template));
  return new Map(
    [...shown].map(([path, value]) => [
      path,
      typeof value === 'string' && isMark(value) ? value : JSON.stringify(value),
    ]),
  );
}

/**
 * What turned one template into the other. Containers, variables and volumes are matched by name, not by place. A secret
 * that changed shows as a change, though neither value does.
 */
export function diffTemplates(before: unknown, after: unknown): TemplateDiff {
  const old = flatten(before);
  const now = flatten(after);
  const oldShown = shownFields(before);
  const nowShown = shownFields(after);
  const fields = [...new Set([...old.keys(), ...now.keys()])]
    .filter((path) => old.get(path) !== now.get(path))
    .sort();
  const lines = fields.flatMap((path) => {
    const another = oldShown.get(path) === nowShown.get(path) ? ' (another one)' : '';
    return [
      ...(old.has(path) ? [`- ${path}: ${oldShown.get(path)}`] : []),
      ...(now.has(path) ? [`+ ${path}: ${nowShown.get(path)}${another}`] : []),
    ];
  });
  return { fields, text: lines.join('\n') };
}
