import { snapshotOf } from '#agents/analysis/kubernetes/snapshot.ts';
import { analyze } from '#agents/analyzers/registry.ts';
import type { Delivery } from '#domain/alert.ts';
import { messageOf } from '#domain/errors.ts';
import type { Evidence, ToolCall } from '#domain/evidence.ts';
import { hashOf } from '#domain/hash.ts';
import { formatObject, objectKey, sameObject } from '#domain/object-ref.ts';
import { type Instant, plusSeconds, toMs } from '#domain/time.ts';
import { kubernetesListEvents, kubernetesListObjects } from '#domain/tools/kubernetes.ts';
import { acceptDeliveries } from '#store/deliveries.ts';
import { listIncidents } from '#store/incidents.ts';
import { inTenant, type Tx } from '#store/pool.ts';
import type { ReadDeps } from './deps.ts';
import type { PatrolActivities, PatrolFinding } from './types.ts';

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

async function findingsIn(deps: ReadDeps, cluster: string, asOf: Instant): Promise<PatrolFinding[]> {
  const evidence = await Promise.all(questions(cluster, asOf).map((call) => look(deps, call, asOf)));
  return analyze(snapshotOf({ evidence, asOf }, cluster))
    .filter((finding) => finding.severity === 'error' && !finding.consequence)
    .filter(({ since }) => since === undefined || toMs(asOf) - toMs(since) < newsSeconds * 1000)
    .map(({ object, code, message }) => ({
      key: `${objectKey(object)}|${code}`,
      object,
      cause: code,
      message,
    }));
}

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
    groupKey: `patrol/${finding.key}`,
    status: 'firing',
    groupLabels: labels,
    commonLabels: labels,
    commonAnnotations: annotations,
    alerts: [{ fingerprint: hashOf(labels), status: 'firing', labels, annotations, startsAt: at }],
    truncatedAlerts: 0,
  };
}

/** What no open incident is about yet: an alert that came first has it already. */
async function unattended(tx: Tx, findings: readonly PatrolFinding[]): Promise<PatrolFinding[]> {
  const { items } = await listIncidents(tx, { status: 'open', limit: openCap });
  if (items.length >= openCap) return [];
  return findings
    .filter(
      (finding, index) => findings.findIndex((other) => sameObject(other.object, finding.object)) === index,
    )
    .filter(
      ({ object }) =>
        !items.some((incident) => incident.service === object.name || incident.title.includes(object.name)),
    );
}

export function createPatrolActivities(deps: ReadDeps): PatrolActivities {
  return {
    async lookAround() {
      const asOf = deps.now();
      return (await Promise.all(deps.clusters.map((cluster) => findingsIn(deps, cluster, asOf)))).flat();
    },
    reportFindings: ({ tenant, name, findings }) =>
      inTenant(deps.store, tenant, async (tx) => {
        const receivedAt = deps.now();
        const news = await unattended(tx, findings);
        const accepted = await acceptDeliveries(
          tx,
          news.map((finding) => ({ delivery: deliveryOf(finding, name, receivedAt), receivedAt })),
        );
        return accepted.filter(({ outcome }) => outcome === 'opened' || outcome === 'reopened').length;
      }),
  };
}
