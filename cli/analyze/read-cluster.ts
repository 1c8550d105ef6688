import diagnosticsChannel from 'node:diagnostics_channel';
import type { CallTool } from '#agents/run-in-process.ts';
import type { Evidence } from '#domain/evidence.ts';
import { fromMs } from '#domain/time.ts';
import type { ToolContract } from '#domain/tools/define-tool.ts';
import { kubernetesListEvents, kubernetesListObjects } from '#domain/tools/kubernetes.ts';
import { type Cluster, openClusters } from '#mcp-tools/kubernetes/clusters.ts';
import { type ApiResource, resourceNamed } from '#mcp-tools/kubernetes/discovery.ts';
import { gapOf } from '#mcp-tools/kubernetes/kind-failure.ts';
import type { ClusterAccess } from '#mcp-tools/kubernetes/kubeconfig.ts';
import { eventOf } from '#mcp-tools/kubernetes/list-events.ts';
import { listWhole, viewAs } from '#mcp-tools/kubernetes/list-kind.ts';
import { createLogsServer } from '#mcp-tools/logs/server.ts';
import { callDirectly } from '#mcp-tools/runtime/call-directly.ts';
import { type ClusterEvidence, lastWords } from './evidence.ts';
import { clusterKinds, namespacedKinds } from './kinds.ts';

/** Kinds asked at once: enough to be quick, few enough to be polite. */
const kindsAtOnce = 6;
/** Of one kind; more is a gap. */
const mostObjects = 100_000;

/** Counts the requests that are sent while the work goes on. */
async function counted<Result>(work: () => Promise<Result>): Promise<{ result: Result; requests: number }> {
  let requests = 0;
  const count = (): void => {
    requests += 1;
  };
  diagnosticsChannel.subscribe('undici:request:create', count);
  try {
    return { result: await work(), requests };
  } finally {
    diagnosticsChannel.unsubscribe('undici:request:create', count);
  }
}

type Listed = { readonly kind: string; readonly items: readonly unknown[]; readonly gaps: readonly string[] };

async function listKind(
  cluster: Cluster,
  resource: ApiResource,
  kind: string,
  namespace: string | undefined,
  signal: AbortSignal,
): Promise<Listed> {
  try {
    const { items, complete } = await listWhole(
      cluster.api,
      resource,
      { namespace: resource.namespaced ? namespace : undefined, signal },
      mostObjects,
    );
    const gaps = complete ? [] : [`${kind}: more than ${mostObjects} here, some were not read`];
    return { kind, items: items.map((raw) => (kind === 'events' ? raw : viewAs(resource, raw))), gaps };
  } catch (error) {
    signal.throwIfAborted();
    return { kind, items: [], gaps: [gapOf(kind, error)] };
  }
}

/** Runs the tasks, a few at a time, in their order. */
async function inTurn<Result>(tasks: readonly (() => Promise<Result>)[], atOnce: number): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < tasks.length) {
      const index = next;
      next += 1;
      const task = tasks[index];
      if (task !== undefined) results[index] = await task();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

function evidenceOf(
  contract: ToolContract,
  args: Readonly<Record<string, unknown>>,
  { kind, items, gaps }: Listed,
  asOf: string,
): Evidence {
  const call = { server: contract.server, tool: contract.name, arguments: args, why: kind };
  const output = { items, truncated: false, gaps };
  return { id: `live-${kind}`, call, asOf, output, digest: '', truncated: false, gaps: [...gaps] };
}

/**
 * Everything that the analyzers look at, read from a live cluster; nothing is written. What may not be read is a gap; that
 * nothing could be reached is an error.
 */
export async function readCluster(
  access: ClusterAccess,
  options: {
    readonly namespace: string | undefined;
    readonly now: () => number;
    readonly signal: AbortSignal;
  },
): Promise<ClusterEvidence> {
  const { namespace, now, signal } = options;
  const { result, requests } = await counted(async () => {
    const cluster = openClusters([access]).named(access.name);
    const resources = await cluster.resources(signal);
    const kinds = [...clusterKinds, ...namespacedKinds, 'events'];
    const served = kinds.flatMap((kind) => {
      const resource = resourceNamed(resources, kind);
      return resource === undefined ? [] : [{ kind: kind.split('.')[0] ?? kind, resource }];
    });
    const lists = await inTurn(
      served.map(
        ({ kind, resource }) =>
          () =>
            listKind(cluster, resource, kind, namespace, signal),
      ),
      kindsAtOnce,
    );
    const asOf = fromMs(now());
    const name = access.name;
    const evidence = lists.map((list) =>
      list.kind === 'events'
        ? evidenceOf(
            kubernetesListEvents,
            { cluster: name },
            { ...list, items: list.items.flatMap(eventOf) },
            asOf,
          )
        : evidenceOf(kubernetesListObjects, { cluster: name, kinds: [list.kind] }, list, asOf),
    );
    const { call } = callDirectly(createLogsServer({ clusters: [access] }).tools, { asOf, signal });
    const words = await lastWords({ cluster: name, asOf, evidence }, call satisfies CallTool);
    const gaps = [...lists.flatMap((list) => list.gaps), ...words.flatMap((one) => one.gaps)];
    return { cluster: name, asOf, evidence: [...evidence, ...words], gaps: [...new Set(gaps)] };
  });
  return { ...result, apiCalls: requests };
}
