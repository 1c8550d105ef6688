import { fromMs, type Instant, toMs } from '#domain/time.ts';
import { timeOf } from './partial.ts';
import { type ContainerStatus, lastEnd, type Pod } from './pod.ts';

/**
 * Since when a container crashes. The kubelet waits 10 s after the first crash and doubles up to 5 min; the wait that it
 * announces ("back-off 40s restarting failed container") tells how often it crashed in a row, the restart counter only how
 * often at all (Kubernetes documentation, "Pod Lifecycle": container restart policy).
 */
const firstBackoffSeconds = 10;
const longestBackoffSeconds = 300;

function backoffSeconds(message: string | undefined): number | undefined {
  const match = /back-off (?:(\d+)m)?(?:(\d+)s)? restarting/.exec(message ?? '');
  return match === null ? undefined : Number(match[1] ?? 0) * 60 + Number(match[2] ?? 0);
}

/** Least seconds that a crash loop must have gone on for it to have come this far. */
export function crashingForSeconds(restarts: number, announcedBackoff: number | undefined): number {
  let crashes = 0;
  let total = 0;
  let wait = firstBackoffSeconds;
  const limit = announcedBackoff ?? longestBackoffSeconds;
  while (crashes < restarts && wait < limit) {
    total += wait;
    wait = Math.min(wait * 2, longestBackoffSeconds);
    crashes += 1;
  }
  const longWaits = limit >= longestBackoffSeconds ? Math.max(0, restarts - crashes - 1) : 0;
  return total + longWaits * longestBackoffSeconds;
}

/** When the present run of crashes began, as far as status and counters can tell. */
export function crashingSince(pod: Pod, status: ContainerStatus, asOf: Instant): Instant | undefined {
  const end = lastEnd(status);
  const ended = timeOf(end?.startedAt) ?? timeOf(end?.finishedAt);
  if (ended === undefined) return pod.createdAt;
  const backoff = backoffSeconds(status.state?.waiting?.message);
  const lasting =
    status.state?.waiting === undefined ? 0 : crashingForSeconds(status.restartCount ?? 1, backoff);
  const earliest = Math.min(toMs(ended), toMs(asOf) - lasting * 1000);
  const created = pod.createdAt === undefined ? earliest : toMs(pod.createdAt);
  return fromMs(Math.max(earliest, created));
}

/** Seconds until the kubelet tries again, at most; 0 where it is not waiting. */
export function nextRestartSeconds(status: ContainerStatus, asOf: Instant): number {
  const finished = timeOf(status.lastState?.terminated?.finishedAt);
  const backoff = backoffSeconds(status.state?.waiting?.message);
  if (finished === undefined || backoff === undefined) return 0;
  return Math.max(0, backoff - (toMs(asOf) - toMs(finished)) / 1000);
}
