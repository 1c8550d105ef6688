import type { z } from 'zod';
import { messageOf, UnderstudyError } from '#domain/errors.ts';
import type { ToolOutput } from '#domain/tools/define-tool.ts';
import { type TopologyEdge, topologyEdges } from '#domain/tools/topology.ts';
import { openPrometheus, type PrometheusBackEnd, type PrometheusOptions } from '../prometheus/back-end.ts';
import { digestOfPage } from '../runtime/digest.ts';
import { implement } from '../runtime/implement.ts';
import { pageOfList } from '../runtime/paging.ts';
import { defineToolServer, type ToolServer } from '../runtime/server.ts';
import type { ToolContext } from '../runtime/tool-context.ts';
import type { TraceStore } from '../traces/trace-store.ts';
import { edgesFromMetrics } from './edges-from-metrics.ts';
import { edgesFromSettings, workloadKinds } from './edges-from-settings.ts';
import { edgesFromTraces } from './edges-from-traces.ts';
import type { ListObjects } from './list-objects.ts';

export type TopologyOptions = {
  /** The cluster that is meant where a call names none. */
  readonly cluster: string;
  /** Absent: no call metrics. */
  readonly prometheus?: Pick<PrometheusOptions, 'url' | 'limits'>;
  /** Absent: no traced calls. */
  readonly traces?: readonly TraceStore[];
  /** Absent: no settings of workloads. */
  readonly listObjects?: ListObjects;
};

type Input = z.output<typeof topologyEdges.input>;
type Found = { readonly edges: readonly TopologyEdge[]; readonly gaps: readonly string[] };

async function fromSettings(
  listObjects: ListObjects,
  cluster: string,
  input: Input,
  signal: AbortSignal,
): Promise<Found> {
  const { namespace } = input;
  const { items, gaps } = await listObjects(
    {
      cluster: input.cluster ?? cluster,
      kinds: [...workloadKinds, 'services', 'configmaps'],
      ...(namespace === undefined ? {} : { namespace }),
    },
    signal,
  );
  return { edges: edgesFromSettings(items), gaps };
}

function unique(edges: readonly TopologyEdge[]): TopologyEdge[] {
  const byKey = new Map(edges.map((edge) => [`${edge.from}\n${edge.to}\n${edge.source ?? ''}`, edge]));
  return [...byKey.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, edge]) => edge);
}

/** One failed source is a gap; where every source failed, the first failure is thrown. */
function merge(outcomes: readonly PromiseSettledResult<Found>[]): Found {
  const found = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  if (found.length === 0) throw failures[0];
  return {
    edges: found.flatMap((one) => one.edges),
    gaps: [...found.flatMap((one) => one.gaps), ...failures.map(messageOf)],
  };
}

async function listEdges(
  options: TopologyOptions,
  prometheus: PrometheusBackEnd | undefined,
  input: Input,
  context: ToolContext,
): Promise<ToolOutput<typeof topologyEdges>> {
  const { listObjects, traces = [] } = options;
  const isOwn = input.cluster === undefined || input.cluster === options.cluster;
  const sources: Promise<Found>[] = [];
  if (prometheus !== undefined && isOwn) {
    sources.push(edgesFromMetrics(prometheus, input, context).then((edges) => ({ edges, gaps: [] })));
  }
  if (traces.length > 0 && isOwn) sources.push(edgesFromTraces(traces, input, context));
  if (listObjects !== undefined) {
    sources.push(fromSettings(listObjects, options.cluster, input, context.signal));
  }
  if (sources.length === 0) {
    throw new UnderstudyError('not-supported', 'no source of call edges is configured for this cluster');
  }
  const { edges, gaps } = merge(await Promise.allSettled(sources));
  const wanted = unique(edges).filter(
    ({ from, to }) => from !== to && (input.service === undefined || [from, to].includes(input.service)),
  );
  const hint = wanted.length === 0 ? 'no calls are known; leave out service or namespace' : undefined;
  return pageOfList(wanted, input, { hint, gaps });
}

/** Who calls whom: from call metrics, from traces, and from what workloads have in their settings. */
export function createTopologyServer(options: TopologyOptions): ToolServer {
  const { cluster } = options;
  const prometheus =
    options.prometheus === undefined ? undefined : openPrometheus({ ...options.prometheus, cluster });
  return defineToolServer({
    name: 'topology',
    version: '1',
    tools: [
      implement(topologyEdges, (input, context) => listEdges(options, prometheus, input, context), {
        digest: (page) =>
          digestOfPage(page, (edge) => `${edge.from} calls ${edge.to} (${edge.source ?? 'told'})`),
      }),
    ],
  });
}
