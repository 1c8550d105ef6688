import { formatObject, type ObjectRef } from '#domain/object-ref.ts';
import type { LogPattern } from '#domain/tools/logs.ts';
import { controllerRef } from '../../analysis/kubernetes/owners.ts';
import { perSnapshot } from '../../analysis/kubernetes/per-snapshot.ts';
import { longRunning, type Snapshot, type Sourced } from '../../analysis/kubernetes/snapshot.ts';
import { logCauseOf } from '../../analysis/log-causes.ts';
import { quotePattern } from '../../analysis/quoting.ts';
import { routineLines } from '../../analysis/routine-lines.ts';
import { defineAnalyzer, type Finding } from '../define-analyzer.ts';

const workloadsByName = perSnapshot((snapshot) =>
  Map.groupBy(longRunning(snapshot), ({ ref }) => `${ref.namespace ?? ''}/${ref.name}`),
);
const podsByName = perSnapshot(
  (snapshot) => new Map(snapshot.pods.map((pod) => [`${pod.ref.namespace ?? ''}/${pod.ref.name}`, pod])),
);

/** Whose lines they are, as far as the snapshot holds him. */
function emitterOf(snapshot: Snapshot, { emitter }: LogPattern): ObjectRef | undefined {
  const { namespace = '', pod, workload, service } = emitter;
  const seen = podsByName(snapshot).get(`${namespace}/${pod ?? ''}`);
  if (seen !== undefined) return controllerRef(snapshot, seen);
  return workloadsByName(snapshot).get(`${namespace}/${workload ?? service ?? ''}`)?.[0]?.ref;
}

/** Written as often in quiet times. */
function isOld({ count, baselineCount }: LogPattern): boolean {
  return baselineCount !== undefined && baselineCount * 2 >= count;
}

const saysError = /\b(error|fatal|panic|exception|traceback|critical|failed)\b/i;

function findingOf(snapshot: Snapshot, pattern: Sourced<LogPattern>): Finding[] {
  const object = emitterOf(snapshot, pattern);
  const { sample, count, level = '', exception } = pattern;
  if (object === undefined || routineLines.some((routine) => routine.test(sample))) return [];
  const told = logCauseOf(sample);
  const isError = /err|fatal|crit|panic/i.test(level) || exception !== undefined || saysError.test(sample);
  if (told === undefined && !isError) return [];
  const telling = told !== undefined && told.everyday !== true && !isOld(pattern);
  return [
    {
      object,
      code: told?.code ?? (exception === undefined ? 'application.other' : 'application.exception'),
      severity: telling ? 'warning' : 'info',
      message: `${formatObject(object)} logged ${count === 1 ? 'once' : `${count} times`}: ${sample.slice(0, 200)}`,
      evidence: quotePattern(pattern, 0.5),
      certainty: told === undefined ? 0.3 : 0.5 * told.strength,
      consequence: false,
    },
  ];
}

/** Errors in the logs of containers. Many are everyday: what breaks something shows elsewhere as well. */
export const containerLogs = defineAnalyzer({
  name: 'container-logs',
  kind: 'Pod',
  analyze: (snapshot) => snapshot.logPatterns.flatMap((pattern) => findingOf(snapshot, pattern)),
});
