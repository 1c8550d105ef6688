/** What PostgreSQL takes in no text: NUL. Lone halves of surrogate pairs are mended by `toWellFormed`. */
const nulls = /\0/g;

/** What `JSON.stringify` writes for NUL and for a lone half of a surrogate pair. */
const suspicious = /\\u(0000|d[89a-f])/;

/** Text that PostgreSQL can hold; what it cannot becomes U+FFFD. */
export function storableText(text: string): string {
  return text.replace(nulls, '\u{fffd}').toWellFormed();
}

function storable(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [storableText(key), storable(field)]),
  );
}

/** JSON text that a `jsonb` parameter takes. */
export function toJsonb(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null';
  return suspicious.test(text) ? JSON.stringify(storable(JSON.parse(text))) : text;
}
