/** What stands where a tool server took a secret out: `[redacted:kind]`. */
const mark = /\[redacted:[a-z-]+\]/;

/**
 * True where a value, or any part of it, holds the mark of a secret that was taken out. What agents and people are shown
 * may hold marks; whatever is written back from it would put the mark in the secret's place.
 */
export function holdsRedactionMark(value: unknown): boolean {
  if (typeof value === 'string') return mark.test(value);
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some(holdsRedactionMark);
}
