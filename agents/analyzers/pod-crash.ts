import type { CauseCode } from '#domain/causes/codes.ts';
import { formatObject } from '#domain/object-ref.ts';
import type { LogLine } from '#domain/tools/logs.ts';
import { servingPods } from '../analysis/kubernetes/owners.ts';
import { lastEnd } from '../analysis/kubernetes/pod.ts';
import type { Facet } from '../analysis/kubernetes/revisions.ts';
import { eventsOf, type Sourced } from '../analysis/kubernetes/snapshot.ts';
import { logCauseOf, tellingLine } from '../analysis/log-causes.ts';
import { quoteField, quoteLogLine } from '../analysis/quoting.ts';
import { type Crash, crashBase, isCrashing, isKeptFromStarting, linesOf } from './crash.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';
import { describeExit } from './exit-codes.ts';
import { missingSetting } from './missing-setting.ts';
import { killedExitCode, outOfMemory } from './out-of-memory.ts';

function startFailure(crash: Crash): Finding | undefined {
  const end = lastEnd(crash.status);
  const waiting = crash.status.state?.waiting;
  const text = [
    end?.message,
    /CreateContainerError|RunContainerError/.test(waiting?.reason ?? '') ? waiting?.message : '',
  ].join(' ');
  const byExit: Readonly<Record<number, CauseCode>> = {
    126: 'container.permission-denied',
    127: 'container.command-not-found',
  };
  const known = logCauseOf(text);
  const didNotStart =
    /StartError|ContainerCannotRun/.test(end?.reason ?? '') ||
    /RunContainerError/.test(waiting?.reason ?? '');
  // Without an end there is nothing else to go by than what the runtime says.
  const unnamed =
    end === undefined && isKeptFromStarting(crash.status) ? (known?.code ?? 'container.other') : undefined;
  const code = (didNotStart ? known?.code : undefined) ?? byExit[end?.exitCode ?? 0] ?? unnamed;
  if (code === undefined) return undefined;
  const base = crashBase(crash);
  return {
    ...base,
    code,
    message: `${formatObject(crash.pod.ref)}: container ${crash.status.name} cannot start (${end === undefined ? `${waiting?.reason ?? '?'}: ${waiting?.message?.slice(0, 200) ?? ''}` : `exit code ${end.exitCode ?? 'unknown'}`})`,
    evidence: [
      ...quoteField(crash.pod, '.status…terminated.message', end?.message, 0.6),
      ...quoteField(
        crash.pod,
        '.status…waiting.reason',
        end === undefined ? waiting?.reason : undefined,
        0.4,
      ),
      ...base.evidence,
    ],
    certainty: code === 'container.other' ? 0.7 : 0.9,
    fixHint: { facets: crash.isInit ? ['init-containers'] : ['command', 'image', 'security'] },
  };
}

const crashFacets: readonly Facet[] = ['image', 'environment', 'command', 'volumes', 'resources', 'security'];
const initFacets: readonly Facet[] = ['init-containers', 'volumes', 'security'];

function plainCrash(crash: Crash, line: Sourced<LogLine> | undefined): Finding {
  const { pod, status, isInit } = crash;
  const base = crashBase(crash);
  const end = lastEnd(status);
  const told = line === undefined ? undefined : logCauseOf(line.message);
  const code = told?.code ?? (isInit ? 'container.init-failed' : 'container.crash-exit');
  const killed =
    end?.exitCode === killedExitCode
      ? '; by whom it was killed is not known: nothing says that its memory ran out'
      : '';
  const said = line === undefined ? '' : `; last it said: ${line.message.slice(0, 200)}`;
  return {
    ...base,
    code,
    message: `${formatObject(pod.ref)}: container ${status.name} ended with exit code ${describeExit(end?.exitCode)}; ${status.restartCount ?? 0} restarts${said}${killed}`,
    evidence: [
      ...quoteLogLine(line, 0.5),
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
  const start = startFailure(crash);
  if (start !== undefined) return [start];
  const line = tellingLine(linesOf(crash.snapshot, crash.pod, crash.status.name).slice(-80));
  const setting = line === undefined ? undefined : missingSetting(crash, line);
  return [setting ?? plainCrash(crash, line)];
}

/** Containers that end again and again, and what their exit and last words say of why. */
export const podCrash = defineAnalyzer({
  name: 'pod-crash',
  kind: 'Pod',
  analyze: (snapshot) =>
    servingPods(snapshot).flatMap((pod) => [
      ...(pod.status?.initContainerStatuses ?? []).flatMap((status) =>
        crashFindings({ snapshot, pod, status, isInit: true }),
      ),
      ...(pod.status?.containerStatuses ?? []).flatMap((status) =>
        crashFindings({ snapshot, pod, status, isInit: false }),
      ),
    ]),
});
