import { ask } from '#agents/ask.ts';
import { fromMs, toMs } from '#domain/time.ts';
import { changesList } from '#domain/tools/changes.ts';
import { hostUnits } from '#domain/tools/hosts.ts';
import {
  kubernetesListEvents,
  kubernetesListObjects,
  kubernetesListRevisions,
} from '#domain/tools/kubernetes.ts';
import { logsPatterns } from '#domain/tools/logs.ts';
import { probeResults } from '#domain/tools/probes.ts';
import { topologyEdges } from '#domain/tools/topology.ts';
import { kindsIn } from '#mcp-tools/bundle/kubernetes-objects.ts';
import type { Bundle } from '#mcp-tools/bundle/open-bundle.ts';
import { toolsOfBundle } from '#mcp-tools/bundle/tools.ts';
import { callDirectly } from '#mcp-tools/runtime/call-directly.ts';
import { type ClusterEvidence, gapsOf, lastWords } from './evidence.ts';

/** Kinds that a contract's list takes at once. */
const mostKinds = 40;
/** Changes from so long before the capture are told of. */
const lookBackMs = 24 * 3600_000;

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

/** Everything that a bundle holds of a cluster, through the same tools as a diagnosis. */
export async function readBundle(bundle: Bundle, signal: AbortSignal): Promise<ClusterEvidence> {
  const { cluster, capturedAt: asOf, namespaces, gaps } = bundle.info;
  const { call } = callDirectly(toolsOfBundle(bundle), { asOf, signal });
  const kinds = kindsIn(bundle).filter((kind) => kind !== 'events');
  const where = { cluster };
  const from = fromMs(toMs(asOf) - lookBackMs);
  const first = await Promise.all(
    [
      ...chunks(kinds, mostKinds).map((some) =>
        ask(kubernetesListObjects, { cluster, kinds: some }, 'all objects'),
      ),
      ask(kubernetesListEvents, where, 'events'),
      ask(hostUnits, where, 'system services'),
      ask(probeResults, {}, 'active checks'),
      ask(topologyEdges, where, 'who calls whom'),
      ask(changesList, { cluster, from, to: asOf }, 'what changed'),
      ...namespaces.map((namespace) =>
        ask(kubernetesListRevisions, { cluster, namespace }, `revisions in ${namespace}`),
      ),
      ...namespaces.map((namespace) =>
        ask(
          logsPatterns,
          { cluster, emitter: { namespace }, minLevel: 'warning' as const },
          `what ${namespace} says`,
        ),
      ),
    ].map(call),
  );
  const words = await lastWords({ cluster, asOf, evidence: first }, call);
  const evidence = [...first, ...words];
  return { cluster, asOf, evidence, gaps: [...new Set([...gaps, ...gapsOf(evidence)])] };
}
