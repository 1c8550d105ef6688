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

type Edges = { readonly edges: readonly TopologyEdge[]; readonly gaps: readonly string[] };

function together(results: readonly PromiseSettledResult<Edges>[]): Edges {
  const { found, gaps } = settled(results);
  return {
    edges: found.flatMap(({ edges }) => edges),
    gaps: [...gaps, ...found.flatMap((one) => one.gaps)],
  };
}

function isOfNamespace(trace: readonly Span[], namespace: string | undefined): boolean {
  if (namespace === undefined) return true;
  const said = trace
    .map(({ attributes }) => attributes['k8s.namespace.name'])
    .filter((one) => one !== undefined);
  return said.length === 0 || said.includes(namespace);
}

/**
 * What a store has added up of calls, and what single traces show: sums know services that are traced, however seldom they are
 * called, and no database or queue, which trace nothing of themselves.
 */
/**
 * What a store has added up of calls, and what single traces show: sums know services that are traced, however seldom they are
 * called, and no database or queue, which trace nothing of themselves.
 */
async function edgesOf(store: TraceStore, asked: Asked, context: ToolContext): Promise<Edges> {
  const { signal } = context;
  const toMs = nowFor(context);
  const window = { fromMs: toMs - lookBackMs, toMs };
  const { service, namespace } = asked;
  const single = store.find({ ...window, service, onlyErrors: false }, signal).then(({ traces, gaps }) => ({
    edges: edgesOfTraces(traces.filter((trace) => isOfNamespace(trace, namespace))),
    gaps,
  }));
  // Sums name no namespace; they are taken where all of them are asked for.
  const summed = namespace === undefined ? store.edges?.(window, signal) : undefined;
  const sources = [single, ...(summed === undefined ? [] : [summed.then((edges) => ({ edges, gaps: [] }))])];
  return together(await Promise.allSettled(sources));
}

/** Edges of calls that were traced in the hour before. */
export async function edgesFromTraces(
  stores: readonly TraceStore[],
  asked: Asked,
  context: ToolContext,
): Promise<Edges> {
  return together(await Promise.allSettled(stores.map((store) => edgesOf(store, asked, context))));
}
