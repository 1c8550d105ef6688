import { z } from 'zod';

export type Path = readonly (string | number)[];

/** `clusters[0].kubeconfig`. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}

/** The paths of everything inside a value: sections and leaves. */
export function pathsIn(value: unknown, path: Path = []): Path[] {
  const here = path.length === 0 ? [] : [path];
  if (typeof value !== 'object' || value === null) return here;
  const children: [string | number, unknown][] = Array.isArray(value)
    ? value.map((item, index) => [index, item])
    : Object.entries(value);
  return [...here, ...children.flatMap(([key, child]) => pathsIn(child, [...path, key]))];
}

export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (here, key) => (typeof here === 'object' && here !== null ? Reflect.get(here, key) : undefined),
    value,
  );
}

/** A copy with one value set; sections on the way are made where they are missing. */
export function withValueAt(
  target: Readonly<Record<string, unknown>>,
  path: readonly string[],
  value: unknown,
): Record<string, unknown> {
  const [key, ...rest] = path;
  if (key === undefined) return { ...target };
  if (rest.length === 0) return { ...target, [key]: value };
  const section = z.record(z.string(), z.unknown()).safeParse(target[key]).data ?? {};
  return { ...target, [key]: withValueAt(section, rest, value) };
}
