import type { TopologyEdge } from '#domain/tools/topology.ts';
import type { Span } from '#domain/tools/traces.ts';
import { settled } from '../back-ends/settle.ts';
import { nowFor } from '../back-ends/window.ts';
import type { ToolContext } from '../runtime/tool-context.ts';
import { edgesOfTraces } from '../traces/edges-of-traces.ts';
import type { TraceStore } from '../traces/trace-store.ts';

/** How far back calls count: what is called once an hour is called. */
const lookBackMs = 3_600_000;

type Asked = { readonly namespace?: string | undefined; readonly service?: string | undefined };

function isOfNamespace(trace: readonly Span[], namespace: string | undefined): boolean {
  if (namespace === undefined) return true;
  const said = trace
    .map(({ attributes }) => attributes['k8s.namespace.name'])
    .filter((one) => one !== undefined);
  return said.length === 0 || said.includes(namespace);
}

async function edgesOf(store: TraceStore, asked: Asked, context: ToolContext) {
  const toMs = nowFor(context);
  const window = { fromMs: toMs - lookBackMs, toMs };
  // What a store has added up names no namespace; it is taken where all of them are asked for.
  const summed = asked.namespace === undefined ? await store.edges?.(window, context.signal) : undefined;
  if (summed !== undefined && summed.length > 0) return { edges: summed, gaps: [] };
  const { service } = asked;
  const found = await store.find({ ...window, service, onlyErrors: false }, context.signal);
  const traces = found.traces.filter((trace) => isOfNamespace(trace, asked.namespace));
  return { edges: edgesOfTraces(traces), gaps: found.gaps };
}

/** Edges of calls that were traced in the hour before. */
export async function edgesFromTraces(
  stores: readonly TraceStore[],
  asked: Asked,
  context: ToolContext,
): Promise<{ readonly edges: readonly TopologyEdge[]; readonly gaps: readonly string[] }> {
  const results = await Promise.allSettled(stores.map((store) => edgesOf(store, asked, context)));
  const { found, gaps } = settled(results);
  return {
    edges: found.flatMap(({ edges }) => edges),
    gaps: [...gaps, ...found.flatMap((one) => one.gaps)],
  };
}
