import { snapshotOf } from '#agents/analysis/kubernetes/snapshot.ts';
import { analyze } from '#agents/analyzers/registry.ts';
import type { Delivery } from '#domain/alert.ts';
import { messageOf } from '#domain/errors.ts';
import type { Evidence, ToolCall } from '#domain/evidence.ts';
import { hashOf } from '#domain/hash.ts';
import { formatObject, objectKey, sameObject } from '#domain/object-ref.ts';
import { type Instant, plusSeconds, toMs } from '#domain/time.ts';
import { kubernetesListEvents, kubernetesListObjects } from '#domain/tools/kubernetes.ts';
import { acceptDeliveries, deliveriesOf } from '#store/deliveries.ts';
import { listIncidents } from '#store/incidents.ts';
import { inTenant, type Tx } from '#store/pool.ts';
import { attends, attentionOf } from './attention.ts';
import type { ReadDeps } from './deps.ts';
import type { PatrolActivities, PatrolFinding, PatrolLook } from './types.ts';

const kinds = [
  'pods',
  'deployments',
  'replicasets',
  'statefulsets',
  'daemonsets',
  'services',
  'endpointslices',
  'configmaps',
  'nodes',
];
/** What has been so for longer is an old wound: people know it, and nothing new has happened. */
const newsSeconds = 3600;
const eventSeconds = 900;
const callTimeoutMs = 30_000;
/** Incidents that are open now, at most; more than that is a storm, in which patrols keep quiet. */
const openCap = 200;
/** Of a cluster: enough to see what is the matter. */
const gapsTold = 5;

function questions(cluster: string, asOf: Instant): ToolCall[] {
  const ask = (tool: string, args: Record<string, unknown>): ToolCall => ({
    server: 'kubernetes',
    tool,
    arguments: { cluster, ...args },
    why: 'patrol',
  });
  return [
    ask(kubernetesListObjects.name, { kinds }),
    ask(kubernetesListEvents.name, { since: plusSeconds(asOf, -eventSeconds) }),
  ];
}

async function look(deps: ReadDeps, call: ToolCall, asOf: Instant): Promise<Evidence> {
  const base = { id: hashOf(call), call, asOf };
  try {
    const { output, digest, truncated, gaps } = await deps.tools.call(call, {
      timeoutMs: callTimeoutMs,
      asOf,
    });
    return { ...base, output, digest, truncated, gaps: [...gaps] };
  } catch (error) {
    deps.log.warn({ err: error, tool: call.tool }, 'a patrol could not look');
    const said = messageOf(error);
    return {
      ...base,
      output: null,
      digest: said,
      truncated: false,
      gaps: [said],
      error: { code: 'unavailable', message: said },
    };
  }
}

async function lookAt(deps: ReadDeps, cluster: string, asOf: Instant): Promise<PatrolLook> {
  const evidence = await Promise.all(questions(cluster, asOf).map((call) => look(deps, call, asOf)));
  const findings = analyze(snapshotOf({ evidence, asOf }, cluster))
    .filter((finding) => finding.severity === 'error' && !finding.consequence)
    .map(({ object, code, message, since }) => ({
      key: `${objectKey(object)}|${code}`,
      object,
      cause: code,
      message,
      isNews: since === undefined || toMs(asOf) - toMs(since) < newsSeconds * 1000,
    }));
  const gaps = evidence.flatMap(({ call, gaps: said, truncated }) => [
    ...said,
    ...(truncated ? [`${call.tool}: there is more than was looked at`] : []),
  ]);
  return {
    findings,
    seenWhole: gaps.length === 0 ? [cluster] : [],
    gaps: gaps.slice(0, gapsTold).map((gap) => `${cluster}: ${gap}`.slice(0, 300)),
  };
}

const groupKeyOf = (key: string): string => `patrol/${key}`;

function deliveryOf(finding: PatrolFinding, name: string, at: Instant): Delivery {
  const { object } = finding;
  const labels = {
    alertname: 'PatrolFinding',
    severity: 'warning',
    patrol: name,
    cluster: object.cluster,
    [object.kind.toLowerCase()]: object.name,
    ...(object.namespace === undefined ? {} : { namespace: object.namespace }),
  };
  const annotations = { summary: `${formatObject(object)}: ${finding.message}` };
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
    if (!seenWhole.includes(last.body.commonLabels.cluster ?? '')) continue;
    // Another finding on the same object: it is not well, only ill in another way.
    const isSeen = findings.some(({ object }) => groupKey.startsWith(groupKeyOf(`${objectKey(object)}|`)));
    if (!isSeen) over.push(last.body);
  }
  return over;
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
      (finding, index) => findings.findIndex((other) => sameObject(other.object, finding.object)) === index,
    )
    .filter(({ object }) => !open.some((attention) => attends(attention, object, deps.clusters)));
}

export function createPatrolActivities(deps: ReadDeps): PatrolActivities {
  return {
    async lookAround() {
      const asOf = deps.now();
      const looks = await Promise.all(deps.clusters.map((cluster) => lookAt(deps, cluster, asOf)));
      return {
        findings: looks.flatMap(({ findings }) => findings),
        seenWhole: looks.flatMap(({ seenWhole }) => seenWhole),
        gaps: looks.flatMap(({ gaps }) => gaps),
      };
    },
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
        return accepted.filter(({ outcome }) => outcome === 'opened' || outcome === 'reopened').length;
      }),
  };
}
