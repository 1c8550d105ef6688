import type { CauseCode } from '#domain/causes/codes.ts';
import type { Quote } from '#domain/diagnosis.ts';
import type { Job } from '../analysis/kubernetes/batch.ts';
import { podsOf } from '../analysis/kubernetes/owners.ts';
import { type ContainerStatus, lastEnd, type Pod } from '../analysis/kubernetes/pod.ts';
import type { Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { logCauseOf } from '../analysis/log-causes.ts';
import { quoteField } from '../analysis/quoting.ts';
import { lastWords } from './crash.ts';
import { describeExit } from './exit-codes.ts';
import { startFailureOf } from './start-failures.ts';

/** What the last pod of a job that failed tells of why. */
export type JobEnd = {
  /** Undefined where its end names none. */
  readonly code: CauseCode | undefined;
  readonly said: string;
  readonly evidence: readonly Quote[];
};

/** Words that alone prove less than this do not name a cause here: the job has failed, whatever it wrote. */
const leastStrength = 0.7;

function failedContainer({ status }: Pod): ContainerStatus | undefined {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].find(
    (one) => (lastEnd(one)?.exitCode ?? 0) !== 0,
  );
}

/** How the last pod of a job ended, where pods of it are left. */
export function jobEnd(snapshot: Snapshot, job: Job): JobEnd | undefined {
  const ended = podsOf(snapshot, job)
    .flatMap((pod) => {
      const status = failedContainer(pod);
      return status === undefined ? [] : [{ pod, status }];
    })
    .toSorted((a, b) => (b.pod.createdAt ?? '').localeCompare(a.pod.createdAt ?? ''));
  const [last] = ended;
  if (last === undefined) return undefined;
  const { pod, status } = last;
  const end = lastEnd(status);
  const words = lastWords({ snapshot, pod, status, isInit: false });
  const told = words === undefined ? undefined : logCauseOf(words.text);
  const code =
    end?.reason === 'OOMKilled'
      ? 'container.oom-killed'
      : end?.reason === 'StartError'
        ? startFailureOf(end.message ?? '')
        : (told?.strength ?? 0) >= leastStrength
          ? told?.code
          : undefined;
  return {
    code,
    said: `its container ${status.name} ended with exit code ${describeExit(end?.exitCode)}${end?.reason === 'OOMKilled' ? ', killed for its memory' : ''}${words === undefined ? '' : `; last it said: ${words.text.slice(0, 200)}`}`,
    evidence: [
      ...(words?.quotes ?? []),
      ...quoteField(pod, `.status.containerStatuses[${status.name}]…terminated.reason`, end?.reason, 0.5),
      ...quoteField(pod, `.status.containerStatuses[${status.name}]…terminated.exitCode`, end?.exitCode, 0.3),
    ],
  };
}
