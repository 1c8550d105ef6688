import type { BadWhen } from '#domain/metric-words.ts';
import type { SeriesInfo } from '#domain/tools/prometheus.ts';

/** How a signal is judged: which direction is bad, and the smallest difference that means anything. */
type SignalKind = {
  readonly badWhen: BadWhen;
  /** Smallest spread that is believed, as a part of the quiet median. */
  readonly relativeFloor: number;
  /** The same, absolute, for ratios (0..1). */
  readonly ratioFloor: number;
  /** The same for anything that is no ratio. */
  readonly absoluteFloor: number;
  /** The same for times, in seconds: below it nobody feels a difference. */
  readonly secondsFloor?: number;
};

const kinds: Readonly<Record<SeriesInfo['signal'], SignalKind>> = {
  traffic: { badWhen: 'either', relativeFloor: 0.15, ratioFloor: 0.05, absoluteFloor: 0.05 },
  errors: { badWhen: 'up', relativeFloor: 0.25, ratioFloor: 0.006, absoluteFloor: 0.03 },
  latency: { badWhen: 'up', relativeFloor: 0.12, ratioFloor: 0.05, absoluteFloor: 0, secondsFloor: 0.01 },
  saturation: { badWhen: 'up', relativeFloor: 0.15, ratioFloor: 0.02, absoluteFloor: 0 },
  availability: { badWhen: 'down', relativeFloor: 0.1, ratioFloor: 0.006, absoluteFloor: 0.2 },
  restarts: { badWhen: 'up', relativeFloor: 0, ratioFloor: 0.2, absoluteFloor: 0.2 },
  throttling: { badWhen: 'up', relativeFloor: 0.2, ratioFloor: 0.04, absoluteFloor: 0.04 },
  other: { badWhen: 'either', relativeFloor: 0.25, ratioFloor: 0.1, absoluteFloor: 0.1 },
};

export function badDirection(info: Pick<SeriesInfo, 'signal' | 'badWhen'>): BadWhen {
  return info.badWhen ?? kinds[info.signal].badWhen;
}

export function isRatio(info: Pick<SeriesInfo, 'unit' | 'statistic'>): boolean {
  return info.unit === 'ratio' || info.statistic === 'ratio';
}

const perSecond: Readonly<Record<string, number>> = { s: 1, ms: 1e3, us: 1e6, ns: 1e9 };

/** How many of the series' own units a second has; undefined where it measures no time. */
export function unitsPerSecond({ unit }: Pick<SeriesInfo, 'unit'>): number | undefined {
  return perSecond[unit ?? ''];
}

/** What is held and not used up in a moment stays where it is: less of it is a difference. */
const steady: ReadonlySet<string> = new Set(['memory', 'disk-space']);
const steadyRelativeFloor = 0.06;

/**
 * The smallest spread that is believed for a series with this quiet median, in the series' own unit.
 * @param measure what it measures, where that is known
 */
export function spreadFloor(
  info: Pick<SeriesInfo, 'signal' | 'unit' | 'statistic'>,
  median: number,
  measure?: string,
): number {
  const kind = kinds[info.signal];
  const absolute = isRatio(info)
    ? kind.ratioFloor
    : info.unit === '%'
      ? kind.ratioFloor * 100
      : kind.absoluteFloor;
  // A share of requests that succeed says by itself how much a difference matters.
  if (info.signal === 'availability' && (isRatio(info) || info.unit === '%')) return absolute;
  const time = (kind.secondsFloor ?? 0) * (perSecond[info.unit ?? ''] ?? 0);
  const relative = steady.has(measure ?? '') ? steadyRelativeFloor : kind.relativeFloor;
  return Math.max(absolute, time, Math.abs(median) * relative);
}

/** Signals that users feel, and that travel from callee to caller. */
export const feltSignals: ReadonlySet<SeriesInfo['signal']> = new Set(['errors', 'latency', 'availability']);

/** Distance from the quiet time at which a signal has moved; `other` is noisier, because nobody knows what it means. */
export function movedAt(signal: SeriesInfo['signal']): number {
  return signal === 'other' ? 8 : 4;
}
