import { objectKey } from '#domain/object-ref.ts';
import { toMs } from '#domain/time.ts';
import type { Finding } from './define-analyzer.ts';

const mostQuotes = 5;
const mostThrough = 50;

/** Findings of the same cause on the same object are one: a workload's pods mostly fail alike. */
export function mergeFindings(findings: readonly Finding[]): Finding[] {
  return [...Map.groupBy(findings, ({ object, code }) => `${objectKey(object)}|${code}`).values()].flatMap(
    (same) => {
      const ranked = same.toSorted(
        (a, b) => Number(a.consequence) - Number(b.consequence) || rank(b) - rank(a),
      );
      const [best] = ranked;
      if (best === undefined) return [];
      const quotes = ranked.flatMap(({ evidence }) => evidence).toSorted((a, b) => b.weight - a.weight);
      const evidence = [...new Map(quotes.map((quote) => [quote.quote, quote])).values()].slice(
        0,
        mostQuotes,
      );
      const since = ranked.flatMap((finding) => finding.since ?? []).toSorted((a, b) => toMs(a) - toMs(b))[0];
      const through = [
        ...new Map(ranked.flatMap((one) => one.through ?? []).map((ref) => [objectKey(ref), ref])).values(),
      ].slice(0, mostThrough);
      const consequence = same.every((one) => one.consequence);
      return [{ ...best, consequence, evidence, through, ...(since === undefined ? {} : { since }) }];
    },
  );
}

const severityRank = { error: 2, warning: 1, info: 0 } as const;

function rank(finding: Finding): number {
  return severityRank[finding.severity] + finding.certainty;
}
