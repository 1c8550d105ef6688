import type { CauseCode } from '#domain/causes/codes.ts';
import { formatObject } from '#domain/object-ref.ts';
import { servingPods } from '../analysis/kubernetes/owners.ts';
import { isSidecar, lastEnd } from '../analysis/kubernetes/pod.ts';
import type { Facet } from '../analysis/kubernetes/revisions.ts';
import { eventsOf } from '../analysis/kubernetes/snapshot.ts';
import { logCauseOf } from '../analysis/log-causes.ts';
import { quoteField } from '../analysis/quoting.ts';
import { type Crash, crashBase, isCrashing, isKeptFromStarting, lastWords, type Words } from './crash.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';
import { describeExit } from './exit-codes.ts';
import { missingSetting } from './missing-setting.ts';
import { killedExitCode, outOfMemory } from './out-of-memory.ts';
import { startFailureOf } from './start-failures.ts';
import { missingToken } from './token-mount.ts';

/** Exits by which a shell or a runtime says that it could not run the command at all. */
const exitCauses: Readonly<Record<number, CauseCode>> = {
  126: 'container.permission-denied',
  127: 'container.command-not-found',
};

function startFailure(crash: Crash, words: Words | undefined): Finding | undefined {
  const end = lastEnd(crash.status);
  const waiting = crash.status.state?.waiting;
  const waits = isKeptFromStarting(crash.status);
  // Without an end there is nothing else to go by than what the runtime says.
  const didNotStart = /StartError|ContainerCannotRun/.test(end?.reason ?? '') || (waits && end === undefined);
  const text = [end?.message, waits ? waiting?.message : undefined].filter(Boolean).join(' ');
  const byExit = exitCauses[end?.exitCode ?? 0];
  const byWords = startFailureOf(words?.text ?? '');
  const code = didNotStart
    ? (startFailureOf(text) ?? byExit ?? 'container.other')
    : byExit === undefined
      ? undefined
      : (byWords ?? byExit);
  if (code === undefined) return undefined;
  const base = crashBase(crash);
  return {
    ...base,
    code,
    message: `${formatObject(crash.pod.ref)}: container ${crash.status.name} cannot start (${end === undefined ? `${waiting?.reason ?? '?'}: ${waiting?.message?.slice(0, 200) ?? ''}` : `exit code ${describeExit(end.exitCode)}`})${end?.message === undefined ? '' : `: ${end.message.slice(-200)}`}`,
    evidence: [
      ...quoteField(crash.pod, '.status…terminated.message', end?.message, 0.6),
      ...(byExit === undefined || byWords === undefined ? [] : (words?.quotes ?? [])),
      ...quoteField(
        crash.pod,
        '.status…waiting.reason',
        end === undefined ? waiting?.reason : undefined,
        0.4,
      ),
      ...base.evidence,
    ],
    certainty: code === 'container.other' ? 0.8 : 0.9,
    fixHint: { facets: crash.isInit ? ['init-containers'] : [...startFacets] },
  };
}

const startFacets: readonly Facet[] = ['command', 'image', 'security', 'volumes'];
const crashFacets: readonly Facet[] = ['image', 'environment', 'command', 'volumes', 'resources', 'security'];
const initFacets: readonly Facet[] = ['init-containers', 'volumes', 'security'];

const deniedWrite = /permission denied|read-only file ?system|\bEACCES\b|\bEROFS\b|operation not permitted/i;

/** True where the words tell of a path on one of the container's volumes that it may not write to. */
function isDeniedOnVolume({ pod, status }: Crash, text: string): boolean {
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  const mounts = containers.find(({ name }) => name === status.name)?.volumeMounts ?? [];
  return (
    deniedWrite.test(text) &&
    mounts.some(({ mountPath = '' }) => mountPath.length > 1 && text.includes(mountPath.replace(/\/$/, '')))
  );
}

function plainCrash(crash: Crash, words: Words | undefined): Finding {
  const { pod, status, isInit } = crash;
  const base = crashBase(crash);
  const end = lastEnd(status);
  const told =
    words === undefined
      ? undefined
      : isDeniedOnVolume(crash, words.text)
        ? ({ code: 'storage.volume-permission-denied', strength: 0.9 } as const)
        : logCauseOf(words.text);
  const code = told?.code ?? (isInit ? 'container.init-failed' : 'container.crash-exit');
  const killed =
    end?.exitCode === killedExitCode
      ? '; by whom it was killed is not known: nothing says that its memory ran out'
      : '';
  const said = words === undefined ? '' : `; last it said: ${words.text.slice(0, 200)}`;
  return {
    ...base,
    code,
    message: `${formatObject(pod.ref)}: container ${status.name} ended with exit code ${describeExit(end?.exitCode)}; ${status.restartCount ?? 0} restarts${said}${killed}`,
    evidence: [
      ...(words?.quotes ?? []),
      ...base.evidence,
      ...quoteField(pod, '.status…terminated.exitCode', end?.exitCode, 0.3),
    ],
    certainty: told === undefined ? (killed === '' ? 0.75 : 0.6) : 0.7 + 0.2 * told.strength,
    fixHint: { facets: isInit ? initFacets : crashFacets },
  };
}

/** The kubelet killed it because its liveness or startup probe failed: the probe analyzer tells of that. */
function killedByProbe({ snapshot, pod, status }: Crash): boolean {
  return eventsOf(snapshot, pod.ref).some(
    (event) =>
      event.reason === 'Killing' &&
      event.message.startsWith(`Container ${status.name} `) &&
      /failed (liveness|startup) probe/.test(event.message),
  );
}

function crashFindings(crash: Crash): Finding[] {
  if (!isCrashing(crash.status, crash.snapshot)) return [];
  const memory = outOfMemory(crash);
  if (memory !== undefined) return [memory];
  if (killedByProbe(crash)) return [];
  const words = lastWords(crash);
  const start = startFailure(crash, words);
  if (start !== undefined) return [start];
  const lacking =
    words === undefined ? undefined : (missingToken(crash, words) ?? missingSetting(crash, words));
  return [lacking ?? plainCrash(crash, words)];
}

/** Containers that end again and again, and what their exit and last words say of why. */
export const podCrash = defineAnalyzer({
  name: 'pod-crash',
  kind: 'Pod',
  analyze: (snapshot) =>
    servingPods(snapshot).flatMap((pod) => [
      ...(pod.status?.initContainerStatuses ?? []).flatMap((status) =>
        crashFindings({ snapshot, pod, status, isInit: !isSidecar(pod, status.name) }),
      ),
      ...(pod.status?.containerStatuses ?? []).flatMap((status) =>
        crashFindings({ snapshot, pod, status, isInit: false }),
      ),
    ]),
});
