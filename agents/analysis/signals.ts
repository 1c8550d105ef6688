import type { MovedSignal } from '#domain/agent-turn.ts';
import { type Measure, wordsOf } from '#domain/metric-words.ts';
import { fromMs, type Instant, toMs } from '#domain/time.ts';
import type { SeriesInfo, SeriesWindow } from '#domain/tools/prometheus.ts';
import { climbSince } from './climb.ts';
import { formatSample } from './quotes.ts';
import { isRawCounter, ratesOf } from './raw-counters.ts';
import { type Baseline, baselineOf, median } from './robust-score.ts';
import { meaningOf } from './series-meaning.ts';
import { isCoarse, scored } from './series-score.ts';
import {
  finite,
  type Point,
  quietOf,
  quietPoints,
  type ReadingOptions,
  recentPoints,
  stepOf,
  withoutGrowth,
} from './series-windows.ts';
import { badDirection, isRatio, movedAt } from './signal-kinds.ts';

/** One series as it was before the trouble and as it is now. */
export type Reading = {
  readonly info: SeriesInfo;
  /** The service that it speaks of; of a call edge, the one that is called. */
  readonly service: string | undefined;
  /** Who measured it at the other end, for a call edge. */
  readonly measuredBy: string | undefined;
  readonly before: number | undefined;
  /** Undefined where it has stopped. */
  readonly now: number | undefined;
  /** The middle of the present, whatever single points of it were. */
  readonly typical: number | undefined;
  /** Signed distance from the quiet time; positive is worse, 0 where nothing can be compared. */
  readonly score: number;
  readonly moved: boolean;
  /** What it measures. */
  readonly measure: Measure;
  /** It tells of the host, of which the service has a part only. */
  readonly ofHost: boolean;
  /** It has no quiet time of its own and is compared with what its siblings were like. */
  readonly bySiblings: boolean;
  /** The same distance where the trouble was worst for more than a moment. */
  readonly peak: number;
  /** The same as a part of what is usual: 1 is twice as much. */
  readonly growth: number;
  readonly since: Instant | undefined;
  /** What is held climbed to where it is, and was not taken at once. */
  readonly climbs: boolean;
  /** The worst value of the trouble, or the last one. */
  readonly worst: number | undefined;
  /** The sample with that value. */
  readonly quote: string | undefined;
  readonly evidenceId: string;
};

export type SeriesEvidence = SeriesWindow & {
  readonly evidenceId: string;
  /** Of a counter whose points are its rates: what was recorded, by time. */
  readonly counted?: ReadonlyMap<number, number>;
};

/** Where a series speaks of a call, it speaks of the callee; where nobody says whom it calls, of the caller. */
function serviceOf({ emitter }: SeriesInfo): string | undefined {
  return emitter.destination ?? emitter.service ?? emitter.workload ?? emitter.source;
}

/** Words of names of series that were measured where the call arrived. */
const atCallee = /(^|[^a-z])(destination|server|inbound|callee|received?)([^a-z]|$)/i;

/** Of a call, who measured it, where that was not the one that is called. */
function measuredByOf({ emitter, labels, name }: SeriesInfo): string | undefined {
  const { service, source, destination, pod } = emitter;
  if (destination === undefined) return undefined;
  const at = service ?? labels.service;
  const here =
    labels.reporter === 'destination' || at === destination || pod?.startsWith(`${destination}-`) === true;
  if (here || (at === undefined && pod === undefined && atCallee.test(wordsOf(name).join(' '))))
    return undefined;
  return at ?? source;
}

/** Points that tell how failures stand now: an alert is seen seconds after they began, and half a minute would hide them. */
const latestPoints = 3;

/**
 * A restart is over in a moment: of a counter of them the highest counts. Of failures the latest count; of everything else
 * the middle.
 */
function valueNow(info: SeriesInfo, recent: readonly Point[]): number | undefined {
  const values = recent.map(([, value]) => value);
  if (values.length === 0) return undefined;
  if (info.signal === 'restarts') return Math.max(...values);
  return median(info.signal === 'errors' ? values.slice(-latestPoints) : values);
}

function worstPoint(info: SeriesInfo, trouble: readonly Point[]): Point | undefined {
  const down = badDirection(info) === 'down';
  return trouble.reduce<Point | undefined>(
    (best, point) => (best === undefined || (down ? point[1] < best[1] : point[1] > best[1]) ? point : best),
    undefined,
  );
}

/**
 * What everybody expects where nothing was recorded before the trouble (a new service, a Prometheus that has just started):
 * a service that works fails hardly any request. Nothing of the kind can be said of latency or usage.
 */
function expectedBaseline(info: SeriesInfo): Baseline | undefined {
  return info.signal === 'errors' && isRatio(info) ? { median: 0, spread: 0, points: 0 } : undefined;
}

/** The series with what its name says of it, where its source did not know. */
function understood(series: SeriesEvidence): SeriesEvidence & Pick<Reading, 'measure' | 'ofHost'> {
  const { measure, signal, badWhen, unit, share, ofHost } = meaningOf(series.info);
  const most = share ? Math.max(...finite(series.points).map(([, value]) => value)) : 0;
  const told = unit ?? (share ? (most <= 1 ? 'ratio' : '%') : undefined);
  const info = { ...series.info, signal, badWhen, ...(told === undefined ? {} : { unit: told }) };
  return { ...series, info, measure, ofHost };
}

/** What stands in the evidence at the time of a point. */
function sampleAt({ counted }: SeriesEvidence, [at, value]: Point): [number, number] {
  return [at, counted?.get(at) ?? value];
}

/** A counter that was recorded as it stands, as what it grows by in a second. */
function asRate(series: SeriesEvidence): SeriesEvidence {
  const { info } = series;
  const points = finite(series.points);
  if (info.signal === 'restarts' || !isRawCounter(info.name, points)) return series;
  const unit = info.unit === undefined ? '1/s' : `${info.unit}/s`;
  const rates = ratesOf(points).map(([at, value]): [number, number] => [at, value]);
  return { ...series, info: { ...info, unit, statistic: 'rate' }, points: rates, counted: new Map(points) };
}

/** What is left of something, as what is taken of it. */
function upwards(info: SeriesInfo, points: readonly Point[]): readonly Point[] {
  return badDirection(info) === 'down' ? points.map(([at, value]): Point => [at, -value]) : points;
}

/** The quiet time of what climbs is before it does, where that is known. */
function beforeClimb(quiet: readonly Point[], since: number | undefined): readonly Point[] {
  const before = since === undefined ? [] : quiet.filter(([at]) => at < since);
  return before.length >= quietPoints ? before : quiet;
}

/**
 * Reads one series: how it was, how it is, how far that is, and since when.
 * @param pooled points of its siblings, for where it has no quiet time of its own
 */
export function readSeries(
  series: SeriesEvidence,
  pooled: () => readonly Point[],
  options: ReadingOptions,
  peerFloor = 0,
): Reading {
  const { info, evidenceId, measure, ofHost } = understood(series);
  const recorded = finite(series.points);
  const own = quietOf(withoutGrowth(info, recorded), options);
  // Of a pod that came with the trouble its first requests say nothing, where there are more.
  const grown = withoutGrowth(info, recorded);
  const points = own.length === 0 && grown.length > 0 ? grown : recorded;
  const climb = measure === 'memory' ? climbSince(upwards(info, recorded)) : undefined;
  const quiet = own.length > 0 ? beforeClimb(own, climb) : quietOf(pooled(), options);
  const recent = recentPoints(info, points, options);
  const now = valueNow(info, recent);
  const baseline = baselineOf(
    quiet.map(([, value]) => value),
    badDirection(info),
  );
  const expected = baseline ?? expectedBaseline(info);
  const { score, peak, growth, onset } =
    expected === undefined
      ? { score: 0, peak: 0, growth: 0, onset: undefined }
      : scored(
          { info, measure, points, quiet: beforeClimb(own, climb), baseline: expected, peerFloor },
          now,
          options,
        );
  const from = onset ?? toMs(options.startsAt) / 1000 - stepOf(points);
  const trouble = points.filter(([at]) => at >= from);
  const worst = worstPoint(info, trouble.length > 0 ? trouble : points.slice(-1));
  return {
    info,
    service: serviceOf(info),
    measuredBy: measuredByOf(info),
    before: baseline?.median,
    now,
    typical: now,
    score,
    // What one coarse point stands for is over when the next is there: the worst of the alert's time counts.
    moved: Math.max(Math.abs(score), isCoarse(points) ? peak : 0) >= movedAt(info.signal),
    measure,
    ofHost,
    bySiblings: own.length === 0 && quiet.length > 0,
    peak,
    growth,
    climbs: climb !== undefined,
    since: onset === undefined ? undefined : fromMs(onset * 1000),
    worst: worst?.[1],
    // Whole, however many labels it has: a part of a sample is none.
    quote: worst === undefined ? undefined : formatSample(info.name, info.labels, sampleAt(series, worst)),
    evidenceId,
  };
}

/** Series that say the same of different pods, runs or versions of one thing. */
function siblingKey({ info }: SeriesWindow): string {
  const { pod: _pod, instance: _instance, version: _version, id: _id, uid: _uid, ...labels } = info.labels;
  return JSON.stringify([
    info.name,
    info.signal,
    info.statistic,
    info.unit,
    Object.entries(labels).toSorted(),
  ]);
}

/** One window a series, of all that were fetched; the evidence is the one with the latest points. */
export function mergeWindows(windows: readonly SeriesEvidence[]): SeriesEvidence[] {
  return [...Map.groupBy(windows, ({ info }) => info.series).values()].flatMap((parts) => {
    const byEnd = parts.toSorted((a, b) => (a.points.at(-1)?.[0] ?? 0) - (b.points.at(-1)?.[0] ?? 0));
    const latest = byEnd.at(-1);
    if (latest === undefined) return [];
    const points = new Map(byEnd.flatMap((part) => part.points));
    return [{ ...latest, points: [...points].toSorted(([a], [b]) => a - b) }];
  });
}

/** How many pods work, by the series that tells how many are wanted. */
const wantedSeries: Readonly<Record<string, string>> = {
  kube_deployment_status_replicas_available: 'kube_deployment_spec_replicas',
  kube_statefulset_status_replicas_ready: 'kube_statefulset_replicas',
  kube_daemonset_status_number_available: 'kube_daemonset_status_desired_number_scheduled',
};

function workloadLabels({ labels }: SeriesInfo): string {
  return JSON.stringify([labels.namespace, labels.deployment, labels.statefulset, labels.daemonset]);
}

/** As many work as are wanted: that they are fewer than before is what an autoscaler does, and no loss. */
function withoutScaling(readings: readonly Reading[]): Reading[] {
  return readings.map((reading) => {
    const name = wantedSeries[reading.info.name];
    const wanted = readings.find(
      ({ info }) => info.name === name && workloadLabels(info) === workloadLabels(reading.info),
    )?.now;
    const enough = wanted !== undefined && wanted > 0 && (reading.now ?? -1) >= wanted;
    return enough ? { ...reading, score: 0, moved: false, since: undefined } : reading;
  });
}

/** Fewest services that must have a metric for its usual size to be known. */
const fewestPeers = 4;
/** Part of what a metric usually is, over all services, that a difference must have to mean anything. */
const peerPart = 0.05;

/** One name may stand for a rate, a part of it, and percentiles. */
function kindOf({ name, signal, statistic, unit }: SeriesInfo): string {
  return JSON.stringify([name, signal, statistic, unit]);
}

/** For each metric the smallest spread that is believed: idle services differ from nothing by next to nothing. */
function peerFloors(all: readonly SeriesEvidence[], options: ReadingOptions): Map<string, number> {
  const floors = new Map<string, number>();
  for (const [kind, peers] of Map.groupBy(all, ({ info }) => kindOf(info))) {
    const sizes = peers
      .map(({ points }) => Math.abs(median(quietOf(finite(points), options).map(([, value]) => value))))
      .filter(Number.isFinite);
    if (sizes.length >= fewestPeers) floors.set(kind, median(sizes) * peerPart);
  }
  return floors;
}

/**
 * Reads every series. A new pod's or version's series has no quiet time of its own: what its siblings were like then stands
 * in.
 */
export function readAll(windows: readonly SeriesEvidence[], options: ReadingOptions): Reading[] {
  const merged = mergeWindows(windows).map(asRate);
  const siblings = Map.groupBy(merged, siblingKey);
  const floors = peerFloors(merged, options);
  const readings = merged.map((series) => {
    const pooled = () =>
      (siblings.get(siblingKey(series)) ?? [])
        .flatMap(({ info, points }) => withoutGrowth(info, finite(points)))
        .toSorted(([a], [b]) => a - b);
    return readSeries(series, pooled, options, floors.get(kindOf(series.info)));
  });
  return withoutScaling(readings);
}

/** A reading as the observation tells it; undefined where there is nothing to quote. */
export function movedSignal(reading: Reading): MovedSignal | undefined {
  const { info, service, before, now, score, since, quote, evidenceId } = reading;
  if (quote === undefined) return undefined;
  return {
    series: info.series,
    name: info.name,
    ...(service === undefined ? {} : { service }),
    ...(info.emitter.version === undefined ? {} : { version: info.emitter.version }),
    signal: info.signal,
    ...(info.unit === undefined ? {} : { unit: info.unit }),
    before: before ?? null,
    now: now ?? null,
    score: Math.round(score * 10) / 10,
    ...(since === undefined ? {} : { since }),
    quote,
    evidenceId,
  };
}
