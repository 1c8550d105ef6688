import { type Instant, secondsBetween, toMs } from '#domain/time.ts';
import { closeness, lastRollout, type Rollout } from '../analysis/change-attribution.ts';
import { entityOf } from '../analysis/kubernetes/entities.ts';
import type { CaseFile } from './case-file.ts';

/** How closely a change came before the trouble, 0..1. What came after the last alert did not bring it: it may mend it. */
export function blame(file: CaseFile, changedAt: Instant, onset: Instant): number {
  return toMs(changedAt) > toMs(file.subject.lastStartsAt) ? 0 : closeness(changedAt, onset);
}

/** How long after a rollout its effect may not be seen yet. */
const settlingSeconds = 180;

/** A rollout on the way of the trouble that came after the alert: somebody may be mending it just now. */
export function rolloutUnderWay(file: CaseFile): Rollout | undefined {
  const { below, snapshot, subject, view } = file;
  return [...below.keys()]
    .flatMap((service) => entityOf(snapshot, service, view.services).workloads)
    .flatMap((workload) => lastRollout(snapshot, workload) ?? [])
    .find(({ at }) => toMs(at) > toMs(subject.startsAt) && secondsBetween(at, view.asOf) < settlingSeconds);
}

/** So soon after an alert much is not to be seen yet: a crash that is still to come, a sample that is still to be scraped. */
const youngSeconds = 90;

/** True where another look in a minute will show more than this one. */
export function isYoung(file: CaseFile): boolean {
  const { snapshot, subject, view } = file;
  if (view.tried.length > 0) return false;
  return snapshot.kindsRead.has('pods') && secondsBetween(subject.lastStartsAt, view.asOf) < youngSeconds;
}
