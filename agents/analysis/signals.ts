import type { MovedSignal } from '#domain/agent-turn.ts';
import { fromMs, type Instant, toMs } from '#domain/time.ts';
import type { SeriesInfo, SeriesWindow } from '#domain/tools/prometheus.ts';
import { onsetIndex } from './change-point.ts';
import { excerpt, formatSample } from './quotes.ts';
import { type Baseline, baselineOf, median, robustScore } from './robust-score.ts';
import { badDirection, isRatio, movedAt, spreadFloor } from './signal-kinds.ts';

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
  /** Signed distance from the quiet time; positive is worse, 0 where nothing can be compared. */
  readonly score: number;
  readonly moved: boolean;
  readonly since: Instant | undefined;
  /** The worst value of the trouble, or the last one. */
  readonly worst: number | undefined;
  /** The sample with that value. */
  readonly quote: string | undefined;
  readonly evidenceId: string;
};

export type SeriesEvidence = SeriesWindow & { readonly evidenceId: string };

export type ReadingOptions = {
  /** The latest moment that surely was before the trouble. */
  readonly quietTo: Instant;
  /** The alert's start. */
  readonly startsAt: Instant;
  readonly to: Instant;
  /** How far back "now" reaches. */
  readonly nowSeconds: number;
};

type Point = readonly [number, number];

/** Fewest points of a quiet time. */
const quietPoints = 4;
/** Ever later ends of the quiet time that are tried where little was recorded before the trouble. */
const shorterLagsSeconds = [60, 20] as const;

/** Signals whose end is news; that nothing fails or takes time any more is not. */
const missedSignals: ReadonlySet<SeriesInfo['signal']> = new Set(['traffic', 'availability']);
/** Score of such a signal when it has stopped. */
const stoppedScore = 6;

function pointsBefore(points: readonly Point[], unixSeconds: number): Point[] {
  return points.filter(([at]) => at <= unixSeconds);
}

/** The points of the quiet time: up to the safe moment, or nearer to the alert where that leaves too few. */
function quietOf(points: readonly Point[], options: ReadingOptions): Point[] {
  const safe = pointsBefore(points, toMs(options.quietTo) / 1000);
  if (safe.length >= quietPoints) return safe;
  for (const lag of shorterLagsSeconds) {
    const nearer = pointsBefore(points, toMs(options.startsAt) / 1000 - lag);
    if (nearer.length >= quietPoints) return nearer;
  }
  return [];
}

function finite(points: readonly Point[]): Point[] {
  return points.filter(([, value]) => Number.isFinite(value));
}

/** Where a series speaks of a call, it speaks of the callee. */
function serviceOf(info: SeriesInfo): string | undefined {
  return info.emitter.service ?? info.emitter.destination ?? info.emitter.workload;
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

/** How long a program takes to grow to its working size after its start. */
const growthSeconds = 60;

/** What a pod used while it started is no measure of what it uses in quiet times. */
function withoutGrowth(info: SeriesInfo, points: readonly Point[]): readonly Point[] {
  const born = points[0]?.[0];
  if (born === undefined || info.signal !== 'saturation' || info.emitter.pod === undefined) return points;
  return points.filter(([at]) => at >= born + growthSeconds);
}

/** Steps without a point after which a pod's series has ended: the last steps may not be recorded yet. */
const endedAfterSteps = 2;
const shortestStepSeconds = 5;

/** Points that tell how it is now; a pod that has been taken away since has no now, however bad its last words were. */
function recentPoints(info: SeriesInfo, points: readonly Point[], options: ReadingOptions): Point[] {
  const to = toMs(options.to) / 1000;
  const step = Math.max(info.stepSeconds ?? 0, shortestStepSeconds);
  const ended = info.emitter.pod !== undefined && (points.at(-1)?.[0] ?? 0) < to - endedAfterSteps * step;
  return ended ? [] : points.filter(([at]) => at > to - options.nowSeconds);
}

function worstPoint(info: SeriesInfo, trouble: readonly Point[]): Point | undefined {
  const down = badDirection(info) === 'down';
  return trouble.reduce<Point | undefined>(
    (best, point) => (best === undefined || (down ? point[1] < best[1] : point[1] > best[1]) ? point : best),
    undefined,
  );
}

type Scored = { readonly score: number; readonly onset: number | undefined };

function scored(
  info: SeriesInfo,
  points: readonly Point[],
  quiet: readonly Point[],
  baseline: Baseline,
  now: number | undefined,
): Scored {
  const badWhen = badDirection(info);
  const floor = spreadFloor(info, baseline.median);
  if (now === undefined) {
    // A pod or a version that is gone has been replaced; a service that is gone has not.
    const { pod, version } = info.emitter;
    const missed = missedSignals.has(info.signal) && pod === undefined && version === undefined;
    return { score: missed ? stoppedScore : 0, onset: missed ? points.at(-1)?.[0] : undefined };
  }
  const score = robustScore(now, baseline, badWhen, floor);
  const lastQuiet = quiet.at(-1)?.[0];
  const rest = lastQuiet === undefined ? points : points.filter(([at]) => at > lastQuiet);
  const onset = onsetIndex(rest.map(([, value]) => robustScore(value, baseline, badWhen, floor)));
  return { score, onset: onset === undefined ? undefined : rest[onset]?.[0] };
}

/**
 * What everybody expects where nothing was recorded before the trouble (a new service, a Prometheus that has just started):
 * a service that works fails hardly any request. Nothing of the kind can be said of latency or usage.
 */
function expectedBaseline(info: SeriesInfo): Baseline | undefined {
  return info.signal === 'errors' && isRatio(info) ? { median: 0, spread: 0, points: 0 } : undefined;
}

/** Reads one series: how it was, how it is, how far that is, and since when. */
export function readSeries(
  series: SeriesEvidence,
  pooled: readonly Point[],
  options: ReadingOptions,
): Reading {
  const { info, evidenceId } = series;
  const points = finite(series.points);
  const own = quietOf(withoutGrowth(info, points), options);
  const quiet = own.length > 0 ? own : quietOf(pooled, options);
  const recent = recentPoints(info, points, options);
  const now = valueNow(info, recent);
  const baseline = baselineOf(
    quiet.map(([, value]) => value),
    badDirection(info),
  );
  const expected = baseline ?? expectedBaseline(info);
  const { score, onset } =
    expected === undefined ? { score: 0, onset: undefined } : scored(info, points, own, expected, now);
  const trouble = onset === undefined ? recent : points.filter(([at]) => at >= onset);
  const worst = worstPoint(info, trouble.length > 0 ? trouble : points.slice(-1));
  return {
    info,
    service: serviceOf(info),
    measuredBy: info.emitter.service === undefined ? info.emitter.source : undefined,
    before: baseline?.median,
    now,
    score,
    moved: Math.abs(score) >= movedAt(info.signal),
    since: onset === undefined ? undefined : fromMs(onset * 1000),
    worst: worst?.[1],
    quote:
      worst === undefined ? undefined : excerpt(formatSample(info.name, info.labels, [worst[0], worst[1]])),
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
function mergeWindows(windows: readonly SeriesEvidence[]): SeriesEvidence[] {
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

/**
 * Reads every series. A new pod's or version's series has no quiet time of its own: what its siblings were like then stands
 * in.
 */
export function readAll(windows: readonly SeriesEvidence[], options: ReadingOptions): Reading[] {
  const merged = mergeWindows(windows);
  const siblings = Map.groupBy(merged, siblingKey);
  const readings = merged.map((series) => {
    const pooled = (siblings.get(siblingKey(series)) ?? []).flatMap(({ info, points }) =>
      withoutGrowth(info, finite(points)),
    );
    return readSeries(
      series,
      pooled.toSorted(([a], [b]) => a - b),
      options,
    );
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
