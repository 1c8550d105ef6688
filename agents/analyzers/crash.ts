import type { Quote } from '#domain/diagnosis.ts';
import { type Instant, secondsBetween } from '#domain/time.ts';
import type { LogLine } from '#domain/tools/logs.ts';
import { crashingSince } from '../analysis/kubernetes/crash-times.ts';
import { controllerRef } from '../analysis/kubernetes/owners.ts';
import { timeOf } from '../analysis/kubernetes/partial.ts';
import { perSnapshot } from '../analysis/kubernetes/per-snapshot.ts';
import { type ContainerStatus, lastEnd, type Pod } from '../analysis/kubernetes/pod.ts';
import { eventsOf, type Snapshot, type Sourced } from '../analysis/kubernetes/snapshot.ts';
import { tellingLine } from '../analysis/log-causes.ts';
import { quoteEvent, quoteField, quoteLogLine } from '../analysis/quoting.ts';

/** A container that ran on for this long after its last end has got over it. */
const recoveredAfterSeconds = 600;
/** A run that is shorter than this proves nothing yet. */
const leastRunSeconds = 60;

const linesByPod = perSnapshot((snapshot) => Map.groupBy(snapshot.logLines, ({ emitter }) => emitter.pod));

/** The container's latest lines: of the run before a restart, and of the present one. */
export function linesOf(snapshot: Snapshot, pod: Pod, container: string): Sourced<LogLine>[] {
  const own = (linesByPod(snapshot).get(pod.ref.name) ?? []).filter(
    ({ emitter }) => emitter.container === undefined || emitter.container === container,
  );
  if (own.length === 0) return minedLines(snapshot, pod);
  return [...own.filter(({ previous }) => !previous), ...own.filter(({ previous }) => previous)];
}

/** Where no lines are held, what was mined of them: one line for each pattern, the commonest last. */
function minedLines(snapshot: Snapshot, pod: Pod): Sourced<LogLine>[] {
  const { name } = controllerRef(snapshot, pod);
  return snapshot.logPatterns
    .filter(({ emitter }) =>
      emitter.pod === undefined ? emitter.workload === name : emitter.pod === pod.ref.name,
    )
    .toSorted((a, b) => a.count - b.count)
    .map(({ sample, emitter, evidenceId }) => ({ message: sample, emitter, evidenceId, previous: false }));
}

/** What a container last said of its end. */
export type Words = { readonly text: string; readonly quotes: readonly Quote[] };

/** So many of its last lines are looked through. */
const lastLines = 80;

/**
 * The line that best tells why the container ended: of its log, or of the message that it left at its end, which is the end of
 * its log for those that ask for it (`terminationMessagePolicy: FallbackToLogsOnError`).
 */
export function lastWords({ snapshot, pod, status }: Crash): Words | undefined {
  const line = tellingLine(linesOf(snapshot, pod, status.name).slice(-lastLines));
  if (line !== undefined) return { text: line.message, quotes: quoteLogLine(line, 0.6) };
  const left = (lastEnd(status)?.message ?? '').split('\n').map((message) => ({ message }));
  const text = tellingLine(left)?.message;
  if (text === undefined) return undefined;
  const field = `.status.containerStatuses[${status.name}]…terminated.message`;
  return { text, quotes: quoteField(pod, field, text, 0.6) };
}

/** How long the last run of a container lasted. */
function lastRunSeconds(status: ContainerStatus): number {
  const end = status.lastState?.terminated;
  const [from, to] = [timeOf(end?.startedAt), timeOf(end?.finishedAt)];
  return from === undefined || to === undefined ? recoveredAfterSeconds : secondsBetween(from, to);
}

/** SIGTERM: somebody asked it to end. What a kubelet lost sight of, as when its node was restarted, it calls "Unknown". */
function wasAsked({ lastState, restartCount = 0 }: ContainerStatus): boolean {
  const end = lastState?.terminated;
  return restartCount <= askedAtMost && (end?.exitCode === 143 || end?.reason === 'Unknown');
}
const askedAtMost = 2;

/** True where the present run has outlasted the last one by far, or ten minutes: the container has got over it. */
function isOverIt(status: ContainerStatus, asOf: Instant): boolean {
  const since = timeOf(status.state?.running?.startedAt);
  if (since === undefined) return false;
  const runs = secondsBetween(since, asOf);
  if (wasAsked(status) && status.ready === true) return runs >= leastRunSeconds;
  return runs >= Math.min(recoveredAfterSeconds, Math.max(leastRunSeconds, 2 * lastRunSeconds(status)));
}

/** What a kubelet says of a container that it cannot make or start, beside images and what the container is configured by. */
const cannotStart =
  /^(CreateContainerError|RunContainerError|StartError|ContainerCannotRun|Pre(Create|Start)HookError|PostStartHookError)$/;

/** True where the runtime cannot make or start it: it need never have run. */
export function isKeptFromStarting({ state }: ContainerStatus): boolean {
  return cannotStart.test(state?.waiting?.reason ?? '');
}

/** True while the container's end is not over: it waits to be started again, or ran too short since to be trusted. */
export function isCrashing(status: ContainerStatus, snapshot: Snapshot): boolean {
  // The kubelet waits like this only before it starts again what should not have ended, whatever it ended with.
  if (status.state?.waiting?.reason === 'CrashLoopBackOff' || isKeptFromStarting(status)) return true;
  const end = lastEnd(status);
  if (end === undefined || (end.exitCode === 0 && end.reason !== 'OOMKilled')) return false;
  return !isOverIt(status, snapshot.asOf);
}

export type Crash = {
  readonly snapshot: Snapshot;
  readonly pod: Pod;
  readonly status: ContainerStatus;
  readonly isInit: boolean;
};

/** What is the same in every finding about a crash. */
export function crashBase({ snapshot, pod, status }: Crash) {
  const end = lastEnd(status);
  const since = crashingSince(pod, status, snapshot.asOf);
  const backoff = eventsOf(snapshot, pod.ref).find((event) => event.reason === 'BackOff');
  const evidence: Quote[] = [
    ...quoteField(
      pod,
      `.status.containerStatuses[${status.name}].lastState.terminated.reason`,
      end?.reason,
      0.3,
    ),
    ...quoteEvent(backoff, 0.2),
    ...quoteField(
      pod,
      `.status.containerStatuses[${status.name}].state.waiting.message`,
      status.state?.waiting?.message,
      0.2,
    ),
  ];
  return {
    object: controllerRef(snapshot, pod),
    // One that runs again does its work, until the next time.
    severity: status.ready === true ? 'warning' : 'error',
    consequence: false,
    through: [pod.ref],
    evidence,
    ...(since === undefined ? {} : { since }),
  } as const;
}
