import { wordsOf } from '#domain/metric-words.ts';
import type { Feeling } from './service-ranking.ts';
import type { Reading } from './signals.ts';

/**
 * How much trouble a service hands on: seconds that its callers wait longer, or calls that fail, per unit of time. What a rare
 * call loses cannot be what most requests miss, however far its own series went. The product of rate and excess is that of
 * Little's law (Oper. Res. 9, 1961): requests that are under way because of it.
 */
function trafficOf(own: readonly Reading[]): number | undefined {
  const rates = own.filter(
    ({ measure, info, measuredBy, typical, before }) =>
      measure === 'traffic' &&
      info.emitter.version === undefined &&
      measuredBy === undefined &&
      (typical ?? before) !== undefined,
  );
  const byName = Map.groupBy(rates, ({ info }) => info.name);
  const [first] = [...byName.values()];
  return first?.reduce((sum, { typical, before }) => sum + (typical ?? before ?? 0), 0);
}

const middles = /^(average|avg|mean|p50|median)$/;

function middleLatency(own: readonly Reading[]): Reading | undefined {
  const timed = own.filter(({ measure, measuredBy }) => measure === 'latency' && measuredBy === undefined);
  const middle = (reading: Reading) =>
    [...wordsOf(reading.info.name), reading.info.statistic ?? ''].find((word) => middles.test(word));
  return (
    timed.find((reading) => /^(average|avg|mean)$/.test(middle(reading) ?? '')) ??
    timed.find((reading) => middle(reading) !== undefined)
  );
}

const sharePart: Readonly<Record<string, number>> = { ratio: 1, '%': 100 };

function failedPart(own: readonly Reading[]): number | undefined {
  const shares = own.filter(
    ({ measure, info, measuredBy }) =>
      (measure === 'errors' || measure === 'availability') &&
      measuredBy === undefined &&
      sharePart[info.unit ?? ''] !== undefined,
  );
  const parts = shares.flatMap(({ typical, before, info }) =>
    typical === undefined || before === undefined
      ? []
      : [Math.abs(typical - before) / (sharePart[info.unit ?? ''] ?? 1)],
  );
  return parts.length === 0 ? undefined : Math.max(...parts);
}

/** Undefined where traffic or what is felt is not known. */
export function impactOf(own: readonly Reading[], feeling: Feeling): number | undefined {
  const traffic = trafficOf(own);
  if (traffic === undefined) return undefined;
  if (feeling === 'errors') {
    const part = failedPart(own);
    return part === undefined ? undefined : part * traffic;
  }
  const latency = middleLatency(own);
  if (latency?.typical === undefined || latency.before === undefined) return undefined;
  return Math.max(0, latency.typical - latency.before) * traffic;
}
