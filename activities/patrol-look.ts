import { snapshotOf } from '#agents/analysis/kubernetes/snapshot.ts';
import { callGraph } from '#agents/analysis/topology.ts';
import { answersOf } from '#agents/answers.ts';
import { ask } from '#agents/ask.ts';
import { faultsIn } from '#agents/patrol/faults.ts';
import { forecastsIn, levelWindowSeconds } from '#agents/patrol/forecasts.ts';
import { signalsIn, signalWindowSeconds } from '#agents/patrol/signals.ts';
import type { PatrolSettings } from '#domain/configuration.ts';
import { messageOf } from '#domain/errors.ts';
import type { Evidence, ToolCall } from '#domain/evidence.ts';
import { hashOf } from '#domain/hash.ts';
import type { PatrolSighting } from '#domain/patrol.ts';
import { type Instant, plusSeconds } from '#domain/time.ts';
import { kubernetesListEvents, kubernetesListObjects } from '#domain/tools/kubernetes.ts';
import { metricsLevels, metricsListSeries, metricsWindow } from '#domain/tools/prometheus.ts';
import { topologyEdges } from '#domain/tools/topology.ts';
import { answeredEvidence, failedEvidence } from './call-evidence.ts';
import type { ReadDeps } from './deps.ts';

/** Without these a cluster has not been looked at. */
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
/** These tell more, where they may be read. Secrets are not asked for, whatever the account may do. */
const moreKinds = [
  'jobs',
  'cronjobs',
  'ingresses',
  'networkpolicies',
  'persistentvolumeclaims',
  'persistentvolumes',
  'storageclasses',
  'resourcequotas',
  'limitranges',
  'horizontalpodautoscalers',
  'poddisruptionbudgets',
];
const eventSeconds = 900;
const callTimeoutMs = 30_000;
const seriesPerCall = 100;
const signalStepSeconds = 15;
/** The last of the levels are looked at more closely: what fills in hours is seen in hours. */
const closeLevelSeconds = 12 * 3600;
const closeLevelStepSeconds = 300;
const callsBesideSignals = 6;

/** What one look at a cluster brought. */
export type ClusterLook = {
  readonly sightings: readonly PatrolSighting[];
  readonly isWhole: Readonly<Record<PatrolSighting['kind'], boolean>>;
  readonly gaps: readonly string[];
};

type Asking = {
  readonly deps: ReadDeps;
  readonly settings: PatrolSettings;
  readonly cluster: string;
  readonly asOf: Instant;
};

async function answered({ deps, asOf }: Asking, call: ToolCall): Promise<Evidence> {
  const base = { id: hashOf(call), call, asOf };
  try {
    return answeredEvidence(base, await deps.tools.call(call, { timeoutMs: callTimeoutMs, asOf }));
  } catch (error) {
    deps.log.warn({ err: error, tool: call.tool }, 'a patrol could not look');
    return failedEvidence(base, error, messageOf(error));
  }
}

const all = (asking: Asking, calls: readonly ToolCall[]) =>
  Promise.all(calls.map((call) => answered(asking, call)));

function gapsOf(evidence: readonly Evidence[]): string[] {
  return evidence.flatMap(({ call, gaps, truncated }) => [
    ...gaps,
    ...(truncated ? [`${call.tool}: there is more than was looked at`] : []),
  ]);
}

function objectQuestions({ cluster, asOf }: Asking): readonly [ToolCall, ToolCall, ToolCall] {
  return [
    ask(kubernetesListObjects, { cluster, kinds }, 'patrol'),
    ask(kubernetesListEvents, { cluster, since: plusSeconds(asOf, -eventSeconds) }, 'patrol'),
    ask(kubernetesListObjects, { cluster, kinds: moreKinds }, 'patrol'),
  ];
}

/** The namespaces to look at, and those for which the budget of questions is too small. */
function scopeOf({ settings }: Asking, there: readonly string[]): { inside: string[]; leftOut: string[] } {
  const wanted = [...new Set(there)]
    .filter((namespace) => settings.namespaces.length === 0 || settings.namespaces.includes(namespace))
    .toSorted();
  // A namespace costs one question for its series and one or two for their points.
  const most = Math.max(0, Math.floor((settings.mostQueries - callsBesideSignals) / 3));
  return { inside: wanted.slice(0, most), leftOut: wanted.slice(most) };
}

async function lookAtSignals(
  asking: Asking,
  namespaces: readonly string[],
  faults: readonly PatrolSighting[],
): Promise<{ sightings: PatrolSighting[]; gaps: string[] }> {
  const { cluster, asOf } = asking;
  const { inside, leftOut } = scopeOf(asking, namespaces);
  const lists = inside.map((namespace) =>
    ask(metricsListSeries, { cluster, emitter: { namespace }, signals: ['errors', 'latency'] }, 'patrol'),
  );
  const listed = await all(asking, [ask(topologyEdges, { cluster }, 'patrol'), ...lists]);
  const found = answersOf({ evidence: listed }, metricsListSeries).flatMap(({ output }) => output.items);
  const series = [...new Set(found.map((info) => info.series))];
  const most = Math.max(0, asking.settings.mostQueries - callsBesideSignals - lists.length) * seriesPerCall;
  const asked = series.slice(0, most);
  const from = plusSeconds(asOf, -signalWindowSeconds);
  const windows = await all(
    asking,
    Array.from({ length: Math.ceil(asked.length / seriesPerCall) }, (_, index) =>
      ask(
        metricsWindow,
        {
          cluster,
          series: asked.slice(index * seriesPerCall, (index + 1) * seriesPerCall),
          ...{ from, to: asOf, stepSeconds: signalStepSeconds },
        },
        'patrol',
      ),
    ),
  );
  const points = answersOf({ evidence: windows }, metricsWindow).flatMap(({ evidenceId, output }) =>
    output.items.map((item) => ({ ...item, evidenceId })),
  );
  const edges = answersOf({ evidence: listed }, topologyEdges).flatMap(({ output }) => output.items);
  const ill = faults.map(({ object }) => object);
  const unseen = [
    ...leftOut.map((namespace) => `signals of namespace ${namespace}: more than patrol.mostQueries allows`),
    ...(asked.length < series.length
      ? [`${series.length - asked.length} series: more than patrol.mostQueries allows`]
      : []),
  ];
  return {
    sightings: signalsIn(points, { cluster, asOf, graph: callGraph(edges), ill }),
    // Who calls whom is a help, not a need.
    gaps: [...unseen, ...gapsOf([...listed.slice(1), ...windows])],
  };
}

async function lookAtLevels(asking: Asking): Promise<{ sightings: PatrolSighting[]; gaps: string[] }> {
  const { cluster, asOf } = asking;
  const question = (seconds: number, stepSeconds: number) =>
    ask(metricsLevels, { cluster, from: plusSeconds(asOf, -seconds), to: asOf, stepSeconds }, 'patrol');
  const evidence = await all(asking, [
    question(levelWindowSeconds, 2 * 3600),
    question(closeLevelSeconds, closeLevelStepSeconds),
  ]);
  const levels = answersOf({ evidence }, metricsLevels).flatMap(({ output }) => output.items);
  return { sightings: forecastsIn(levels, cluster, asOf), gaps: gapsOf(evidence) };
}

/** @param withLevels whether forecasts are due: they move slowly, and cost the most */
export async function lookAtCluster(
  deps: ReadDeps,
  settings: PatrolSettings,
  at: { readonly cluster: string; readonly asOf: Instant; readonly withLevels: boolean },
): Promise<ClusterLook> {
  const { cluster, asOf, withLevels } = at;
  const asking: Asking = { deps, settings, cluster, asOf };
  const evidence = await all(asking, objectQuestions(asking));
  const needed = gapsOf(evidence.slice(0, 2));
  const snapshot = snapshotOf({ evidence, asOf }, cluster);
  const faults = faultsIn(snapshot).filter(
    ({ object }) =>
      settings.namespaces.length === 0 ||
      object.namespace === undefined ||
      settings.namespaces.includes(object.namespace),
  );
  const withMetrics = (await deps.tools.tools()).includes(metricsLevels.name);
  const nothing = { sightings: [], gaps: [] };
  const namespaces = snapshot.services.flatMap(({ ref }) => ref.namespace ?? []);
  const [signals, forecasts] = await Promise.all([
    withMetrics ? lookAtSignals(asking, namespaces, faults) : nothing,
    withMetrics && withLevels ? lookAtLevels(asking) : nothing,
  ]);
  return {
    sightings: [...faults, ...signals.sightings, ...forecasts.sightings],
    isWhole: {
      fault: needed.length === 0,
      signal: withMetrics && signals.gaps.length === 0,
      forecast: withMetrics && withLevels && forecasts.gaps.length === 0,
    },
    gaps: [...needed, ...gapsOf(evidence.slice(2)), ...signals.gaps, ...forecasts.gaps],
  };
}
