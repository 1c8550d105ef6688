import type { Measure } from '#domain/metric-words.ts';
import { type Instant, toMs } from '#domain/time.ts';
import type { SeriesInfo } from '#domain/tools/prometheus.ts';
import { strengthOf } from './own-means.ts';
import { baselineOf, median, robustScore } from './robust-score.ts';
import { meaningOf } from './series-meaning.ts';
import { finite, type Point, stepOf } from './series-windows.ts';
import { badDirection, feltSignals, spreadFloor } from './signal-kinds.ts';
import type { SeriesEvidence } from './signals.ts';

/**
 * A release that comes by and by is compared with itself: what the new version's pods do now against what the old version's
 * do at the same time and did before, so that whatever happens to both (load, a slow database) counts for neither. After
 * ChangeRCA (Yu et al., FSE 2024), and the canary analysis of Davidovič and Beyer, ACM Queue 16 (2018).
 */
export type GradualRelease = {
  readonly service: string;
  readonly at: Instant;
  /** Version that the new pods say of themselves, where it is known. */
  readonly toVersion: string | undefined;
  readonly createdPods: readonly string[];
  /** Pods that made room for them. */
  readonly deletedPods: readonly string[];
};

export type CanaryFinding = {
  /** How much worse the new pods are, on the scale of strengths. */
  readonly worse: number;
  readonly measure: Measure | undefined;
  /** The new pods' series that shows it. */
  readonly series: SeriesEvidence | undefined;
  readonly now: number | undefined;
  readonly usual: number | undefined;
  /** Pods were made, and nothing was ever heard of them, though their siblings are heard. */
  readonly silent: boolean;
};

const aboutService =
  (service: string) =>
  ({ info: { emitter } }: SeriesEvidence) =>
    (emitter.destination ?? emitter.service ?? emitter.workload) === service ||
    emitter.pod?.startsWith(`${service}-`) === true;

function isNew({ info: { emitter } }: SeriesEvidence, release: GradualRelease): boolean {
  if (emitter.pod !== undefined && release.createdPods.includes(emitter.pod)) return true;
  return (
    release.createdPods.length === 0 &&
    release.toVersion !== undefined &&
    emitter.version === release.toVersion
  );
}

/** Labels that tell one pod or version from another, and nothing else. */
function kindOf({ info }: SeriesEvidence): string {
  const {
    pod: _pod,
    instance: _instance,
    version: _version,
    node: _node,
    id: _id,
    uid: _uid,
    ...labels
  } = info.labels;
  return JSON.stringify([info.name, Object.entries(labels).toSorted()]);
}

/** How long a program's first requests find it cold. */
const warmUpSeconds = 60;
const fewestPoints = 4;
/** That a new version needs more than the old one may be as it should. */
const usagePart = 0.25;

/** Points since a moment, without those of a pod that had just started. */
function since(series: SeriesEvidence, from: number): Point[] {
  const points = finite(series.points);
  const warm = (points[0]?.[0] ?? 0) + warmUpSeconds;
  return points.filter(([at]) => at >= from && at >= warm);
}

function distanceFrom(now: number, points: readonly Point[], info: SeriesInfo) {
  const baseline = baselineOf(
    points.map(([, value]) => value),
    badDirection(info),
    fewestPoints,
  );
  if (baseline === undefined) return undefined;
  const floor = spreadFloor(info, baseline.median);
  return { distance: robustScore(now, baseline, badDirection(info), floor), usual: baseline.median };
}

/** Worse than its siblings at the same time, and worse than they ever were. */
function compare(
  fresh: SeriesEvidence,
  old: readonly SeriesEvidence[],
  release: GradualRelease,
): CanaryFinding | undefined {
  const { measure, signal, badWhen, unit, ofHost } = meaningOf(fresh.info);
  if (ofHost || measure === 'traffic' || measure === 'other' || measure === 'network') return undefined;
  const from = toMs(release.at) / 1000;
  const values = since(fresh, from).map(([, value]) => value);
  const info = { ...fresh.info, signal, badWhen, ...(unit === undefined ? {} : { unit }) };
  if (values.length === 0) return undefined;
  const now = median(values);
  const beside = distanceFrom(
    now,
    old.flatMap((series) => since(series, from)),
    info,
  );
  const before = distanceFrom(
    now,
    old.flatMap(({ points }) => finite(points)),
    info,
  );
  if (before === undefined) return undefined;
  const distance = Math.min(before.distance, beside?.distance ?? before.distance);
  const worse = strengthOf(distance) * (feltSignals.has(signal) ? 1 : usagePart);
  return { worse, measure, series: fresh, now, usual: (beside ?? before).usual, silent: false };
}

const settleSteps = 2;

/** Time enough has passed, others of the service are heard, and these are not. */
function isSilent(release: GradualRelease, all: readonly SeriesEvidence[], to: number): boolean {
  if (release.createdPods.length === 0) return false;
  const own = all
    .filter(aboutService(release.service))
    .filter(({ info }) => info.emitter.pod?.startsWith(`${release.service}-`));
  const step = Math.max(...own.map(({ points }) => stepOf(points)), 1);
  if (own.length === 0 || to < toMs(release.at) / 1000 + warmUpSeconds + settleSteps * step) return false;
  return !own.some((series) => isNew(series, release));
}

const nothing: CanaryFinding = {
  worse: 0,
  measure: undefined,
  series: undefined,
  now: undefined,
  usual: undefined,
  silent: false,
};

/** How the new pods of a release do beside the old ones. */
export function canaryFinding(
  release: GradualRelease,
  all: readonly SeriesEvidence[],
  to: Instant,
): CanaryFinding {
  const own = all.filter(aboutService(release.service));
  const fresh = own.filter((series) => isNew(series, release));
  const old = Map.groupBy(
    own.filter(
      (series) => !isNew(series, release) && !release.deletedPods.includes(series.info.emitter.pod ?? ''),
    ),
    kindOf,
  );
  const found = fresh.flatMap((series) => compare(series, old.get(kindOf(series)) ?? [], release) ?? []);
  const [worst] = found.toSorted((a, b) => b.worse - a.worse);
  return { ...(worst ?? nothing), silent: isSilent(release, all, toMs(to) / 1000) };
}
