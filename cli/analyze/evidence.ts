import { isLive, isReady } from '#agents/analysis/kubernetes/pod.ts';
import { snapshotOf } from '#agents/analysis/kubernetes/snapshot.ts';
import { isCrashing } from '#agents/analyzers/crash.ts';
import { ask } from '#agents/ask.ts';
import type { CallTool } from '#agents/run-in-process.ts';
import type { Evidence } from '#domain/evidence.ts';
import type { Instant } from '#domain/time.ts';
import { logsWindow } from '#domain/tools/logs.ts';

/** What the analyzers look at: a cluster at one moment. */
export type ClusterEvidence = {
  readonly cluster: string;
  readonly asOf: Instant;
  readonly evidence: readonly Evidence[];
  /** What could not be looked at, in words. */
  readonly gaps: readonly string[];
  /** Requests that the API server was sent; absent where none was. */
  readonly apiCalls?: number;
};

/** So many pods in trouble are asked for their last words. */
const mostPods = 20;
const tailLines = 60;

/** The last words of pods that end again and again, of the run before and of this one. */
export async function lastWords(
  seen: Pick<ClusterEvidence, 'cluster' | 'asOf' | 'evidence'>,
  call: CallTool,
): Promise<Evidence[]> {
  const { cluster } = seen;
  const snapshot = snapshotOf(seen, cluster);
  const troubled = snapshot.pods.filter((pod) => {
    const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
    return isLive(pod) && isReady(pod) !== true && statuses.some((status) => isCrashing(status, snapshot));
  });
  const calls = troubled
    .slice(0, mostPods)
    .flatMap(({ ref }) =>
      [true, false].map((previous) =>
        ask(
          logsWindow,
          { cluster, emitter: { namespace: ref.namespace, pod: ref.name }, previous, tailLines },
          `what ${ref.name} says`,
        ),
      ),
    );
  return Promise.all(calls.map(call));
}

/** What a list of answers could not look at. */
export function gapsOf(evidence: readonly Evidence[]): string[] {
  return [...new Set(evidence.flatMap(({ gaps }) => gaps))];
}
