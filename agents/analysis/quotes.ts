import { z } from 'zod';
import type { Quote } from '#domain/diagnosis.ts';
import type { Evidence } from '#domain/evidence.ts';
import { seriesWindowSchema } from '#domain/tools/prometheus.ts';

/** Longest quote; what is longer is cut, and stays literal. */
const longestQuote = 400;

/** A part of a text as it can be quoted: from its start, or around a word that matters. */
export function excerpt(text: string, around?: string): string {
  if (text.length <= longestQuote) return text;
  const at = around === undefined ? 0 : Math.max(0, text.indexOf(around) - longestQuote / 4);
  return text.slice(at, at + longestQuote);
}

/** One sample as `name{a="1",b="2"} value timestamp`: labels by name, time in Unix seconds. */
export function formatSample(
  name: string,
  labels: Readonly<Record<string, string>>,
  point: readonly [number, number],
): string {
  const pairs = Object.entries(labels)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return `${name}{${pairs.join(',')}} ${point[1]} ${point[0]}`;
}

const windowsPage = z.looseObject({ items: z.array(seriesWindowSchema) });

function holdsSample(output: unknown, quote: string): boolean {
  const page = windowsPage.safeParse(output);
  if (!page.success) return false;
  return page.data.items.some(({ info, points }) => {
    const head = formatSample(info.name, info.labels, [0, 0]).slice(0, -'0 0'.length);
    return (
      quote.startsWith(head) && points.some((point) => quote === formatSample(info.name, info.labels, point))
    );
  });
}

/** True where a string of the value (a field's name too) holds the text, or where a number or boolean is written like it. */
function holdsText(value: unknown, text: string): boolean {
  if (typeof value === 'string') return value.includes(text);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value) === text;
  if (Array.isArray(value)) return value.some((item) => holdsText(item, text));
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, field]) => key === text || holdsText(field, text));
}

/**
 * True where the quote is literally in the evidence: part of a string that a tool returned, the text of a number, or one
 * sample of a series. A quote that names its evidence must be in that one.
 */
export function verifyQuote(evidence: readonly Evidence[], quote: Quote): boolean {
  const places =
    quote.evidenceId === undefined ? evidence : evidence.filter((item) => item.id === quote.evidenceId);
  return places.some(({ output }) => holdsText(output, quote.quote) || holdsSample(output, quote.quote));
}

/** The quotes that are literally in the evidence. */
export function literalQuotes(evidence: readonly Evidence[], quotes: readonly Quote[]): Quote[] {
  return quotes.filter((quote) => verifyQuote(evidence, quote));
}

/** Each quote once, with the most weight that it was given, in their order. */
export function distinctQuotes(quotes: readonly Quote[]): Quote[] {
  const same = Map.groupBy(quotes, ({ source, quote }) => `${source}\n${quote}`);
  return [...same.values()].flatMap((members) => {
    const [first] = members;
    return first === undefined
      ? []
      : [{ ...first, weight: Math.max(...members.map(({ weight }) => weight)) }];
  });
}
