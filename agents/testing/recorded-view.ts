import type { AgentView } from '#domain/agent-turn.ts';
import type { Evidence } from '#domain/evidence.ts';
import { statisticOfName, unitOfName } from '#domain/metric-words.ts';
import { fromMs } from '#domain/time.ts';
import { type Change, changesList } from '#domain/tools/changes.ts';
import { cloudEvents, cloudInsights, cloudResources } from '#domain/tools/cloud.ts';
import type { ToolContract } from '#domain/tools/define-tool.ts';
import { metricsListSeries, metricsWindow, type SeriesInfo } from '#domain/tools/prometheus.ts';
import { topologyEdges } from '#domain/tools/topology.ts';
import { type Span, tracesWindow } from '#domain/tools/traces.ts';
import { diagnosisContracts, optionalContracts } from '../diagnosis/questions.ts';
import { guessedOf } from './guessed.ts';

/** When the alert of every recorded system began to fire, in unix seconds. */
export const startUnix = 1_700_000_000;

export type RecordedSeries = {
  readonly name: string;
  /** `service`, `pod`, `node`, `version`, or `source` and `destination`, name whom it speaks of. */
  readonly labels: Readonly<Record<string, string>>;
  readonly stepSeconds: number;
  readonly points: readonly (readonly [unixSeconds: number, value: number])[];
};

/** What was recorded of a system around an alert; of Kubernetes nothing. */
export type RecordedSystem = {
  /** The alert's. */
  readonly labels: Readonly<Record<string, string>>;
  readonly summary?: string;
  readonly series?: readonly RecordedSeries[];
  readonly edges?: readonly (readonly [caller: string, callee: string])[];
  readonly changes?: readonly Change[];
  readonly spans?: readonly Span[];
  readonly cloud?: {
    readonly resources?: readonly unknown[];
    readonly events?: readonly unknown[];
    readonly insights?: readonly unknown[];
  };
  /** How long after the alert it is looked at. */
  readonly seenAfterSeconds?: number;
};

const emitterLabels = ['service', 'pod', 'node', 'version', 'source', 'destination'];

function windowOf({ name, labels, stepSeconds, points }: RecordedSeries) {
  const unit = unitOfName(name);
  const info: SeriesInfo = {
    series: `${name} ${JSON.stringify(labels)}`,
    name,
    emitter: Object.fromEntries(Object.entries(labels).filter(([label]) => emitterLabels.includes(label))),
    labels: { ...labels },
    ...guessedOf(name),
    statistic: statisticOfName(name),
    ...(unit === undefined ? {} : { unit }),
    stepSeconds,
  };
  return { info, points: points.map(([at, value]): [number, number] => [at, value]) };
}

/** The view of a diagnosis that has asked for everything that was recorded. */
export function recordedView(system: RecordedSystem): AgentView {
  const { labels, summary, series = [], edges = [], changes = [], spans = [], cloud } = system;
  const startsAt = fromMs(startUnix * 1000);
  const asOf = fromMs((startUnix + (system.seenAfterSeconds ?? 300)) * 1000);
  const from = fromMs((startUnix - 3600) * 1000);
  const windows = series.map(windowOf);
  const evidence = (
    contract: ToolContract,
    args: Readonly<Record<string, unknown>>,
    items: readonly unknown[],
  ): Evidence => {
    const call = { server: contract.server, tool: contract.name, arguments: { ...args }, why: '' };
    // As it comes over the wire: what is no number is null there, or is missing.
    const output = JSON.parse(JSON.stringify({ items, truncated: false, gaps: [] }));
    return { id: `e-${contract.name}`, call, asOf, output, digest: '', truncated: false, gaps: [] };
  };
  const alert = {
    fingerprint: 'f',
    status: 'firing' as const,
    labels: { ...labels },
    annotations: summary === undefined ? {} : { summary },
    startsAt,
    generatorUrl: '',
  };
  const calls = edges.map(([caller, callee]) => ({ from: caller, to: callee }));
  return {
    task: 'diagnose',
    round: 1,
    asOf,
    incident: {
      id: '01970000-0000-7000-8000-000000000001',
      source: 'bundle',
      groupKey: '{}',
      severity: 'sev2',
      title: 'x',
      openedAt: startsAt,
      deliveryCount: 1,
    },
    alerts: [alert],
    services: [],
    clusters: ['production'],
    scope: { namespaces: [], recorded: true },
    tools: [...diagnosisContracts, ...optionalContracts].map(({ name }) => name),
    evidence: [
      evidence(topologyEdges, {}, calls),
      evidence(
        metricsListSeries,
        { emitter: {} },
        windows.map(({ info }) => info),
      ),
      evidence(
        metricsWindow,
        { series: windows.map(({ info }) => info.series).concat('none'), from, to: asOf },
        windows,
      ),
      ...(changes.length === 0 ? [] : [evidence(changesList, { from, to: asOf }, changes)]),
      ...(spans.length === 0 ? [] : [evidence(tracesWindow, { from, to: asOf }, spans)]),
      ...(cloud === undefined
        ? []
        : [
            evidence(cloudResources, {}, cloud.resources ?? []),
            evidence(cloudEvents, {}, cloud.events ?? []),
            evidence(cloudInsights, {}, cloud.insights ?? []),
          ]),
    ],
    findings: {},
    tried: [],
  };
}
