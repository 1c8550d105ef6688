import { type ObjectRef, objectKey } from '#domain/object-ref.ts';
import type { PatrolSighting } from '#domain/patrol.ts';
import type { Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { mergeFindings } from '../analyzers/merge-findings.ts';
import { analyze } from '../analyzers/registry.ts';

/** So many times Kubernetes itself has tried: no second look tells more. */
const certainRestarts = 3;

function isCrashLoop({ pods }: Snapshot, { namespace, name }: ObjectRef): boolean {
  return pods.some(
    ({ ref, status }) =>
      ref.namespace === namespace &&
      (ref.name === name || ref.name.startsWith(`${name}-`)) &&
      (status?.containerStatuses ?? []).some(
        ({ state, restartCount }) =>
          state?.waiting?.reason === 'CrashLoopBackOff' && (restartCount ?? 0) >= certainRestarts,
      ),
  );
}

/** What does not work, by the analyzers; what follows from something deeper is left to it. */
export function faultsIn(snapshot: Snapshot): PatrolSighting[] {
  return mergeFindings(analyze(snapshot))
    .filter(({ severity, consequence }) => severity === 'error' && !consequence)
    .map(({ object, code, message, since }) => ({
      key: `${objectKey(object)}|${code}`,
      kind: 'fault',
      object,
      cause: code,
      message,
      ...(since === undefined ? {} : { since }),
      isCertain: isCrashLoop(snapshot, object),
      isFelt: true,
    }));
}
