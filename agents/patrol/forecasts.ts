import { formatObject, type ObjectRef, objectKey } from '#domain/object-ref.ts';
import type { PatrolForecast, PatrolSighting } from '#domain/patrol.ts';
import { fromMs, type Instant, toMs } from '#domain/time.ts';
import type { Level, LevelKind } from '#domain/tools/prometheus.ts';
import { type Forecast, forecastOf } from '../analysis/forecast.ts';

const daySeconds = 86_400;
/** How much of the past a forecast is made from. */
export const levelWindowSeconds = 14 * daySeconds;
/** What comes later than this is not even shown. */
const shownSeconds = 14 * daySeconds;
/** From this near on somebody must look at it: over a weekend, and one working day to act. */
const feltSeconds = 3 * daySeconds;
const certificateSeconds = 7 * daySeconds;
/** A certificate that is renewed by itself is late when less is left than half of what was left at its renewals. */
const latePart = 0.5;

/** What people and their requests use follows the day; what is written stays. */
const followsTheDay: ReadonlySet<LevelKind> = new Set(['memory', 'connections', 'quota']);

const isNotEmpty = (text: string | undefined): text is string => text !== undefined && text !== '';

function named(cluster: string, kind: string, name: string | undefined, namespace?: string): ObjectRef[] {
  if (!isNotEmpty(name)) return [];
  return [{ cluster, kind, ...(isNotEmpty(namespace) ? { namespace } : {}), name }];
}

/** Whose level it is, by the labels that exporters write; the first that is known. */
function objectOf({ kind, labels }: Level, cluster: string): ObjectRef | undefined {
  const { namespace, pod, node, service, instance } = labels;
  const secret = named(cluster, 'Secret', labels.secret_name, labels.secret_namespace);
  const candidates = [
    ...named(cluster, 'PersistentVolumeClaim', labels.persistentvolumeclaim, namespace),
    ...named(cluster, 'ResourceQuota', labels.resourcequota, namespace),
    ...secret,
    ...(kind === 'certificate' ? named(cluster, 'Certificate', labels.name, namespace) : []),
    ...(kind === 'connections' ? named(cluster, 'Service', service, namespace) : []),
    ...named(cluster, 'Pod', pod, namespace),
    ...named(cluster, 'Node', node),
    ...named(cluster, 'Host', instance),
  ];
  return candidates[0];
}

function partOf({ labels }: Level): string | undefined {
  return [labels.mountpoint, labels.resource, labels.container, labels.filepath].find(isNotEmpty);
}

const words: Readonly<Record<LevelKind, string>> = {
  disk: 'is full',
  inodes: 'has no inodes left',
  memory: 'is at its memory limit',
  quota: 'is used up',
  connections: 'has no connections left',
  certificate: 'expires',
};

const minute = (instant: Instant) => `${instant.slice(0, 10)} ${instant.slice(11, 16)} UTC`;

function messageOf(
  object: ObjectRef,
  { what, part, level, notBefore, about, atLatest }: PatrolForecast,
): string {
  const whose = `${formatObject(object)}${part === undefined ? '' : ` ${part}`}`;
  if (what === 'certificate') return `the certificate of ${whose} expires at ${minute(about)}`;
  const now = level === undefined ? '' : `, now ${Math.round(level * 100)} %`;
  const interval = `not before ${minute(notBefore)}, at the latest ${minute(atLatest)}`;
  return `${whose} ${words[what]} about ${minute(about)} (${interval})${now}`;
}

const instantOf = (unixSeconds: number): Instant => fromMs(Math.round(unixSeconds) * 1000);

function sightingOf(level: Level, cluster: string, told: PatrolForecast, isFelt: boolean): PatrolSighting[] {
  const object = objectOf(level, cluster);
  if (object === undefined) return [];
  const { kind } = level;
  return [
    {
      key: `${objectKey(object)}|forecast.${kind}|${told.part ?? ''}`,
      kind: 'forecast',
      object,
      cause: kind,
      message: messageOf(object, told),
      // It was seen over hours and days: a second look tells nothing more.
      isCertain: true,
      isFelt,
      forecast: told,
    },
  ];
}

/** The time that was left whenever it was renewed; undefined where it never was. */
function leftAtRenewal(points: Level['points']): number | undefined {
  const lefts = points.flatMap(([, expires], index) => {
    const before = points[index - 1];
    return before !== undefined && expires > before[1] ? [before[1] - before[0]] : [];
  });
  return lefts.length === 0 ? undefined : Math.min(...lefts);
}

function certificate(level: Level, cluster: string, asOf: Instant): PatrolSighting[] {
  const expires = level.points.at(-1)?.[1];
  if (expires === undefined) return [];
  const left = expires - toMs(asOf) / 1000;
  const usual = leftAtRenewal(level.points);
  const feltAt = Math.min(certificateSeconds, usual === undefined ? certificateSeconds : usual * latePart);
  if (left > (usual === undefined ? shownSeconds : feltAt)) return [];
  const at = instantOf(expires);
  const part = partOf(level);
  const told = {
    what: level.kind,
    ...(part === undefined ? {} : { part }),
    notBefore: at,
    about: at,
    atLatest: at,
  };
  return sightingOf(level, cluster, told, left <= feltAt);
}

function used(level: Level, cluster: string, asOf: Instant): PatrolSighting[] {
  const asOfSeconds = toMs(asOf) / 1000;
  const historySeconds = followsTheDay.has(level.kind) ? daySeconds : 0;
  const forecast: Forecast | undefined = forecastOf(level.points, { limit: 1, asOfSeconds, historySeconds });
  if (forecast === undefined) return [];
  const ahead = forecast.about - asOfSeconds;
  if (ahead > shownSeconds) return [];
  const part = partOf(level);
  // An interval without an end says "perhaps never"; it is told as far as anything is known.
  const latest = Math.min(forecast.atLatest, asOfSeconds + 10 * shownSeconds);
  const told: PatrolForecast = {
    what: level.kind,
    ...(part === undefined ? {} : { part }),
    level: Math.min(1, forecast.level),
    perDay: forecast.perDay,
    notBefore: instantOf(forecast.notBefore),
    about: instantOf(forecast.about),
    atLatest: instantOf(latest),
  };
  return sightingOf(level, cluster, told, ahead <= feltSeconds);
}

/** Coarse and close points of the same level are one level. */
function merged(levels: readonly Level[]): Level[] {
  const same = Map.groupBy(levels, ({ metric, labels }) =>
    JSON.stringify([metric, Object.entries(labels).toSorted()]),
  );
  return [...same.values()].flatMap((parts) => {
    const [first] = parts;
    if (first === undefined) return [];
    const points = new Map(parts.flatMap((part) => part.points));
    return [{ ...first, points: [...points].toSorted(([a], [b]) => a - b) }];
  });
}

/** What will be used up, as far as its trend is certain; whose level it is must be known. */
export function forecastsIn(levels: readonly Level[], cluster: string, asOf: Instant): PatrolSighting[] {
  return merged(levels).flatMap((level) =>
    level.kind === 'certificate' ? certificate(level, cluster, asOf) : used(level, cluster, asOf),
  );
}
