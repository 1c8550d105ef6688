import { formatObject, type ObjectRef } from '#domain/object-ref.ts';
import { lastRollout } from '../analysis/change-attribution.ts';
import { workloadAt } from '../analysis/kubernetes/owners.ts';
import { lastEnd } from '../analysis/kubernetes/pod.ts';
import { eventsOf } from '../analysis/kubernetes/snapshot.ts';
import { mebibytes, parseQuantity } from '../analysis/quantity.ts';
import { quoteEvent, quoteField, quoteLogLine } from '../analysis/quoting.ts';
import { loweredLimits } from '../analysis/resource-changes.ts';
import { type Crash, crashBase, linesOf } from './crash.ts';
import type { Finding, FixHint } from './define-analyzer.ts';

/** SIGKILL: what the kernel sends when a cgroup is out of memory, and the kubelet when a stop takes too long. */
export const killedExitCode = 137;
/** A limit that was hit tells what was too little, not what is enough. */
const roomFactor = 2;
/** Less than this is too little for most programs to start at all. */
const leastBytes = 64 * 1024 * 1024;

/** The runtime says it of a container that could not even start: its first process did not fit into the limit. */
export const startedWithoutMemory = /container init was OOM-killed|memory limit too low/i;

export function moreMemory(crash: Crash): FixHint {
  const { pod, status } = crash;
  const base = crashBase(crash);
  const limit = pod.spec?.containers.find(({ name }) => name === status.name)?.resources?.limits?.memory;
  const bytes = parseQuantity(limit);
  if (bytes === undefined) return { facets: ['resources', 'image', 'environment', 'command'] };
  const memory = mebibytes(Math.max(bytes * roomFactor, leastBytes));
  return {
    facets: ['resources', 'image', 'environment', 'command'],
    steps: [
      {
        action: 'set-resources',
        object: base.object,
        arguments: { container: status.name, limits: { memory } },
        why: `the limit of ${limit} was hit; ${memory} gives it room`,
        undo: `set the memory limit back to ${limit}`,
      },
    ],
  };
}

/** A rollout gave the container less memory than it had: what is killed after it most likely had too little. */
function hasLessThanBefore({ snapshot }: Crash, object: ObjectRef): boolean {
  const workload = workloadAt(snapshot, object);
  const rollout = workload === undefined ? undefined : lastRollout(snapshot, workload);
  return rollout !== undefined && loweredLimits(rollout.changes).has('memory');
}

/**
 * The container was killed for its memory: the runtime says OOMKilled, or it was killed by SIGKILL (a child of PID 1 may be
 * the victim) and something says that memory ran out. The kubelet kills so, too: what does not end in time, what fails its
 * probe, what runs on a node that restarts.
 */
export function outOfMemory(crash: Crash): Finding | undefined {
  const { snapshot, pod, status } = crash;
  const end = lastEnd(status);
  const events = eventsOf(snapshot, pod.ref);
  const logged = linesOf(snapshot, pod, status.name).find(({ message }) =>
    /out of memory|OutOfMemory|oom[-_ ]?kill/i.test(message),
  );
  const told = end?.reason === 'OOMKilled' || startedWithoutMemory.test(end?.message ?? '');
  const oom = events.find((event) => /\bOOM|out of memory/i.test(`${event.reason} ${event.message}`));
  const killed = end?.exitCode === killedExitCode && !events.some((event) => event.reason === 'Killing');
  const base = crashBase(crash);
  const shown = logged !== undefined || oom !== undefined || hasLessThanBefore(crash, base.object);
  if (!told && !(killed && shown)) return undefined;
  const limit = pod.spec?.containers.find(({ name }) => name === status.name)?.resources?.limits?.memory;
  return {
    ...base,
    code: 'container.oom-killed',
    message: `${formatObject(pod.ref)}: container ${status.name} was killed for its memory (exit code ${end?.exitCode ?? 'unknown'}, limit ${limit ?? 'none'}, ${status.restartCount ?? 0} restarts)`,
    evidence: [
      ...quoteField(
        pod,
        `.status.containerStatuses[${status.name}].lastState.terminated.reason`,
        end?.reason,
        told ? 0.8 : 0.3,
      ),
      ...(startedWithoutMemory.test(end?.message ?? '')
        ? quoteField(pod, '.status…terminated.message', end?.message, 0.7)
        : []),
      ...quoteField(
        pod,
        `.status.containerStatuses[${status.name}].lastState.terminated.exitCode`,
        end?.exitCode,
        0.4,
      ),
      ...quoteField(pod, '.spec.containers[].resources.limits.memory', limit, 0.3),
      ...quoteEvent(oom, 0.4),
      ...quoteLogLine(logged, 0.4),
    ],
    certainty: told ? 0.95 : 0.7,
    fixHint: moreMemory(crash),
  };
}
