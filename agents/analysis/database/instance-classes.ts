/** What a class of managed database instances has, by its name: `db.r6g.2xlarge`. Published by the provider. */

const gibibyte = 1024 ** 3;

/** Memory of a family's `large`, in GiB; each size up has twice as much. */
const largeGib: Readonly<Record<string, number>> = { r: 16, m: 8, t: 8, c: 4, x: 32 };

const sizes: Readonly<Record<string, number>> = {
  micro: 1 / 8,
  small: 1 / 4,
  medium: 1 / 2,
  large: 1,
  xlarge: 2,
};

/** Memory of an instance class in bytes; undefined for a name that is not understood. */
export function memoryOfClass(name: string): number | undefined {
  const [, family = '', times, size = ''] =
    /^(?:db|cache)\.([a-z])[a-z0-9]*\.(?:(\d+))?([a-z]+)$/.exec(name) ?? [];
  const large = largeGib[family];
  const part = sizes[size];
  if (large === undefined || part === undefined) return undefined;
  return large * part * (times === undefined ? 1 : Number(times)) * gibibyte;
}

/**
 * The connections that an engine allows where nobody set another number: PostgreSQL's and MySQL's defaults on RDS are
 * computed from memory.
 */
export function defaultMaxConnections(engine: string, className: string): number | undefined {
  const memory = memoryOfClass(className);
  if (memory === undefined) return undefined;
  if (/postgres/i.test(engine)) return Math.min(5000, Math.floor(memory / 9_531_392));
  if (/mysql|maria/i.test(engine)) return Math.min(16_000, Math.floor(memory / 12_582_880));
  return undefined;
}
