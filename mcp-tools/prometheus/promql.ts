/** Pieces of PromQL. Values from outside get into a query through these functions alone. */

const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

export const isLabelName = (name: string): boolean => labelName.test(name) && name.length <= 128;
export const isMetricName = (name: string): boolean => metricName.test(name) && name.length <= 256;

/** A PromQL string in double quotes; JSON's escapes are a subset of the ones that PromQL knows. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** A text as a regular expression (RE2) that matches just it. */
export function literalPattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

export type Matcher = readonly [label: string, operator: '=' | '!=' | '=~' | '!~', value: string];

/** A selector: `name{a="1",b=~"2|3"}`, the name left out where it is undefined. */
export function selector(name: string | undefined, matchers: readonly Matcher[]): string {
  const inside = matchers.map(([label, operator, value]) => `${label}${operator}${quoted(value)}`);
  return `${name ?? ''}{${inside.join(',')}}`;
}

/** A matcher that takes any of the values. */
export function oneOf(label: string, values: readonly string[]): Matcher {
  const unique = [...new Set(values)].sort();
  const [only] = unique;
  if (unique.length === 1 && only !== undefined) return [label, '=', only];
  return [label, '=~', unique.map(literalPattern).join('|')];
}
