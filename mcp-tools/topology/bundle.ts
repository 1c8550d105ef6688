import { z } from 'zod';
import { type TopologyEdge, topologyEdges } from '#domain/tools/topology.ts';
import { heldObjects, inNamespace } from '../bundle/kubernetes-objects.ts';
import { type Bundle, type Items, notInBundle, readTogether } from '../bundle/open-bundle.ts';
import { inForm } from '../bundle/parse-json.ts';
import { readSeriesOf } from '../prometheus/bundle-series.ts';
import { digestOfPage } from '../runtime/digest.ts';
import { implement, type ToolImplementation } from '../runtime/implement.ts';
import { pageOfList } from '../runtime/paging.ts';
import { spansOf } from '../traces/bundle.ts';
import { edgesFromSettings, workloadKinds } from './edges-from-settings.ts';

const fileSchema = z.looseObject({ edges: z.array(z.object({ from: z.string(), to: z.string() })) });

type Read = Promise<Items<TopologyEdge> | undefined>;

async function fromFile(bundle: Bundle): Read {
  const value = await bundle.json('topology.json');
  if (value === undefined) return undefined;
  const { edges } = inForm('topology.json', value, fileSchema);
  return { items: edges.map(({ from, to }) => ({ from, to, source: 'file' })), gaps: [] };
}

async function fromMetrics(bundle: Bundle): Read {
  const { series } = await readSeriesOf(bundle);
  const items = series.flatMap(({ info: { emitter } }) =>
    emitter.source === undefined || emitter.destination === undefined
      ? []
      : [{ from: emitter.source, to: emitter.destination, source: 'metrics' }],
  );
  // What is malformed there is told by the metrics' own tools.
  return { items, gaps: [] };
}

/** A span's parent in another service called it. */
async function fromTraces(bundle: Bundle): Read {
  const spans = (await spansOf(bundle))?.items ?? [];
  const services = new Map(spans.map((span) => [`${span.traceId} ${span.spanId}`, span.service]));
  const items = spans.flatMap(({ traceId, parentSpanId, service }) => {
    const caller = parentSpanId === undefined ? undefined : services.get(`${traceId} ${parentSpanId}`);
    return caller === undefined || caller === service
      ? []
      : [{ from: caller, to: service, source: 'traces' }];
  });
  return { items, gaps: [] };
}

async function fromSettings(bundle: Bundle, namespace: string | undefined): Read {
  const byKind = await heldObjects(bundle, [...workloadKinds, 'services', 'configmaps']);
  const objects = [...byKind.values()].flatMap((kind) => inNamespace(kind, namespace));
  return { items: edgesFromSettings(objects), gaps: [] };
}

function unique(edges: readonly TopologyEdge[]): TopologyEdge[] {
  return [...new Map(edges.map((edge) => [`${edge.from}\n${edge.to}\n${edge.source}`, edge])).values()];
}

async function listEdges(bundle: Bundle, input: z.output<typeof topologyEdges.input>) {
  const { items, gaps } = await readTogether([
    fromFile(bundle),
    fromMetrics(bundle),
    fromTraces(bundle),
    fromSettings(bundle, input.namespace),
  ]);
  const edges = unique(items).filter(
    ({ from, to }) => from !== to && (input.service === undefined || [from, to].includes(input.service)),
  );
  const none = items.length === 0 ? [notInBundle('topology')] : [];
  return pageOfList(edges, input, { gaps: [...none, ...gaps] });
}

/** What `topology` answers from `topology.json`, call metrics, traces and the settings of workloads. */
export function topologyOfBundle(bundle: Bundle): ToolImplementation[] {
  return [
    implement(topologyEdges, (input) => listEdges(bundle, input), {
      digest: (page) =>
        digestOfPage(page, (edge) => `${edge.from} calls ${edge.to} (${edge.source ?? 'told'})`),
    }),
  ];
}
