import { isNews, type Look, remember } from '#agents/patrol/watch.ts';
import type { Delivery } from '#domain/alert.ts';
import type { PatrolSettings } from '#domain/configuration.ts';
import { hashOf } from '#domain/hash.ts';
import { formatObject, type ObjectRef, objectKey } from '#domain/object-ref.ts';
import { type PatrolSighting, patrolAlertNames, patrolKinds } from '#domain/patrol.ts';
import { type Instant, secondsBetween } from '#domain/time.ts';
import { acceptDeliveries, deliveriesOf } from '#store/deliveries.ts';
import { listIncidents } from '#store/incidents.ts';
import { markReported, patrolState, recordLook, watchesOf } from '#store/patrols.ts';
import { inTenant, type Tx } from '#store/pool.ts';
import { attends, attentionOf } from './attention.ts';
import type { ReadDeps } from './deps.ts';
import { type ClusterLook, lookAtCluster } from './patrol-look.ts';
import type { PatrolActivities, PatrolFinding, PatrolLook, PatrolRef } from './types.ts';

export type PatrolDeps = ReadDeps & { readonly patrol: PatrolSettings };

/** Incidents that are open now, at most; more than that is a storm, in which patrols keep quiet. */
const openCap = 200;
/** Of a cluster: enough to see what is the matter. */
const gapsTold = 5;
/** More than this is no list of troubles any more. */
const mostFindings = 200;
/** Forecasts move slowly. */
const forecastEverySeconds = 900;

const groupKeyOf = (key: string): string => `patrol/${key}`;

/** What the alert says: a forecast is a sentence of its own. */
function summaryOf({ kind, object, message }: PatrolFinding): string {
  return kind === 'forecast' ? message : `${formatObject(object)}: ${message}`;
}

function deliveryOf(finding: PatrolFinding, name: string, at: Instant): Delivery {
  const { object, kind, cause } = finding;
  const labels = {
    alertname: patrolAlertNames[kind],
    severity: 'warning',
    cause,
    patrol: name,
    cluster: object.cluster,
    [object.kind.toLowerCase()]: object.name,
    ...(object.namespace === undefined ? {} : { namespace: object.namespace }),
  };
  const annotations = { summary: summaryOf(finding) };
  return {
    source: 'patrol',
    receiver: name,
    groupKey: groupKeyOf(finding.key),
    status: 'firing',
    groupLabels: labels,
    commonLabels: labels,
    commonAnnotations: annotations,
    alerts: [{ fingerprint: hashOf(labels), status: 'firing', labels, annotations, startsAt: at }],
    truncatedAlerts: 0,
  };
}

/** The same trouble, told as over. */
function endOf(delivery: Delivery, at: Instant): Delivery {
  const alerts = delivery.alerts.map((alert) => ({ ...alert, status: 'resolved' as const, endsAt: at }));
  return { ...delivery, status: 'resolved', alerts };
}

/** Deliveries that opened incidents of this patrol and of which nothing is seen any more. */
async function notSeenAnyMore(
  tx: Tx,
  name: string,
  { findings, seenWhole }: PatrolLook,
): Promise<Delivery[]> {
  const { items } = await listIncidents(tx, { status: 'open', limit: openCap });
  const over: Delivery[] = [];
  for (const { id, groupKey, deliveryCount } of items.filter((incident) => incident.source === 'patrol')) {
    const [last] = await deliveriesOf(tx, id, deliveryCount - 1);
    if (last === undefined || last.body.receiver !== name || last.body.status === 'resolved') continue;
    const { cluster, alertname } = last.body.commonLabels;
    const kind = patrolKinds.find((candidate) => patrolAlertNames[candidate] === alertname);
    if (kind === undefined || !seenWhole[kind].includes(cluster ?? '')) continue;
    // Another finding on the same object: it is not well, only ill in another way.
    const isSeen = findings.some(({ object }) => groupKey.startsWith(groupKeyOf(`${objectKey(object)}|`)));
    if (!isSeen) over.push(last.body);
  }
  return over;
}

/** A service and the workload of its name, in one place, are one trouble. */
function isOfSame(a: ObjectRef, b: ObjectRef): boolean {
  return a.cluster === b.cluster && a.namespace === b.namespace && a.name === b.name;
}

/** What no open incident is about yet: an alert that came first has it already. */
async function unattended(
  deps: ReadDeps,
  tx: Tx,
  findings: readonly PatrolFinding[],
): Promise<PatrolFinding[]> {
  if (findings.length === 0) return [];
  const { items } = await listIncidents(tx, { status: 'open', limit: openCap });
  if (items.length >= openCap) {
    deps.log.warn({ findings: findings.length, openCap }, 'so much is open that a patrol opens nothing');
    return [];
  }
  const open = await Promise.all(items.map((incident) => attentionOf(tx, incident)));
  return findings
    .filter(
      (finding, index) => findings.findIndex((other) => isOfSame(other.object, finding.object)) === index,
    )
    .filter(({ object }) => !open.some((attention) => attends(attention, object, deps.clusters)));
}

function lookOf(looks: ReadonlyMap<string, ClusterLook>, at: Instant): Look & { readonly gaps: string[] } {
  const wholeOf = (kind: PatrolSighting['kind']) =>
    [...looks].flatMap(([cluster, { isWhole }]) => (isWhole[kind] ? [cluster] : []));
  return {
    at,
    sightings: [...looks.values()].flatMap(({ sightings }) => sightings),
    seenWhole: { fault: wholeOf('fault'), signal: wholeOf('signal'), forecast: wholeOf('forecast') },
    gaps: [...looks].flatMap(([cluster, { gaps }]) =>
      gaps.slice(0, gapsTold).map((gap) => `${cluster}: ${gap}`.slice(0, 300)),
    ),
  };
}

async function lookAround(deps: PatrolDeps, { tenant, name }: PatrolRef): Promise<PatrolLook> {
  const at = deps.now();
  const before = await inTenant(deps.store, tenant, (tx) => patrolState(tx, name));
  const withLevels =
    before?.levelsAt === undefined || secondsBetween(before.levelsAt, at) >= forecastEverySeconds;
  const looks = await Promise.all(
    deps.clusters.map(async (cluster) => {
      const seen = await lookAtCluster(deps, deps.patrol, { cluster, asOf: at, withLevels });
      return [cluster, seen] as const;
    }),
  );
  const { sightings, seenWhole, gaps } = lookOf(new Map(looks), at);
  const watches = await inTenant(deps.store, tenant, async (tx) => {
    const known = await watchesOf(tx, name);
    const now = remember(known, { at, sightings, seenWhole }, before === undefined);
    const levelsAt = withLevels && seenWhole.forecast.length > 0 ? { levelsAt: at } : {};
    const asBefore = new Set(known);
    const changed = now.filter((watch) => !asBefore.has(watch));
    await recordLook(tx, { name, lastLookAt: at, gaps, ...levelsAt }, changed);
    return now;
  });
  const seen = new Set(sightings.map(({ key }) => key));
  const findings = watches
    .filter(({ sighting }) => seen.has(sighting.key))
    .map((watch) => ({ ...watch.sighting, isNews: isNews(watch, at) }))
    // What is new must not be lost where there is too much of everything.
    .toSorted((a, b) => Number(b.isNews) - Number(a.isNews))
    .slice(0, mostFindings);
  return { findings, seenWhole, gaps };
}

export function createPatrolActivities(deps: PatrolDeps): PatrolActivities {
  return {
    lookAround: (input) => lookAround(deps, input),
    reportEnds: ({ tenant, name, look: seen }) =>
      inTenant(deps.store, tenant, async (tx) => {
        const receivedAt = deps.now();
        const over = await notSeenAnyMore(tx, name, seen);
        await acceptDeliveries(
          tx,
          over.map((delivery) => ({ delivery: endOf(delivery, receivedAt), receivedAt })),
        );
        return over.length;
      }),
    reportFindings: ({ tenant, name, findings }) =>
      inTenant(deps.store, tenant, async (tx) => {
        const receivedAt = deps.now();
        const news = await unattended(deps, tx, findings);
        const accepted = await acceptDeliveries(
          tx,
          news.map((finding) => ({ delivery: deliveryOf(finding, name, receivedAt), receivedAt })),
        );
        await markReported(
          tx,
          name,
          news.map(({ key }) => key),
          receivedAt,
        );
        return accepted.filter(({ outcome }) => outcome === 'opened' || outcome === 'reopened').length;
      }),
  };
}
