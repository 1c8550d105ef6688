import { formatObject } from '#domain/object-ref.ts';
import { secondsBetween, toMs } from '#domain/time.ts';
import { type Job, jobsOf } from '../analysis/kubernetes/batch.ts';
import { timeOf } from '../analysis/kubernetes/partial.ts';
import type { Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';
import { jobEnd } from './job-end.ts';

function isComplete({ status }: Job): boolean {
  return (
    status?.conditions.some(
      ({ type, status: state }) => (type === 'Complete' || type === 'SuccessCriteriaMet') && state === 'True',
    ) === true
  );
}

/** A later run of the same schedule went well: what failed before it is history. */
function wentWellSince(snapshot: Snapshot, job: Job): boolean {
  const { ownedBy, createdAt } = job;
  if (ownedBy?.kind !== 'CronJob' || createdAt === undefined) return false;
  return jobsOf(snapshot).some(
    (other) =>
      other.ref.namespace === job.ref.namespace &&
      other.ownedBy?.name === ownedBy.name &&
      other.createdAt !== undefined &&
      toMs(other.createdAt) > toMs(createdAt) &&
      isComplete(other),
  );
}

const reasons: Readonly<Record<string, string>> = {
  BackoffLimitExceeded: 'its pods failed more often than it may try',
  DeadlineExceeded: 'it took longer than it may',
  PodFailurePolicy: 'a pod failed in a way after which it does not try again',
};

/** Failed for longer than this, with nobody who cares: it is kept for people to look at. */
const oldSeconds = 24 * 3600;

function failedFinding(snapshot: Snapshot, job: Job): Finding[] {
  const failed = job.status?.conditions.find(({ type, status }) => type === 'Failed' && status === 'True');
  if (failed === undefined) return [];
  const since = timeOf(failed.lastTransitionTime);
  const old = since !== undefined && secondsBetween(since, snapshot.asOf) > oldSeconds;
  const past = wentWellSince(snapshot, job);
  const why = reasons[failed.reason ?? ''] ?? failed.message ?? failed.reason ?? 'no reason given';
  const end = failed.reason === 'DeadlineExceeded' ? undefined : jobEnd(snapshot, job);
  return [
    {
      object: job.ref,
      code: end?.code ?? 'workload.job-failed',
      severity: past ? 'info' : old ? 'warning' : 'error',
      message: `${formatObject(job.ref)} failed: ${why}${end === undefined ? '' : `: ${end.said}`}${past ? '; a later run went well' : ''}`,
      evidence: [
        ...quoteField(job, '.status.conditions[Failed].message', failed.message, 0.7),
        ...quoteField(job, '.status.conditions[Failed].reason', failed.reason ?? 'Failed', 0.4),
        ...(end?.evidence ?? []),
      ],
      certainty: 0.85,
      consequence: false,
      ...(since === undefined ? {} : { since }),
      ...(job.ownedBy === undefined ? {} : { through: [{ ...job.ref, ...job.ownedBy }] }),
    },
  ];
}

/** Tries that failed of a job that goes on are part of its work. */
function retryingFinding(job: Job): Finding[] {
  const { active = 0, failed = 0 } = job.status ?? {};
  if (active === 0 || failed === 0) return [];
  return [
    {
      object: job.ref,
      code: 'workload.job-failed',
      severity: 'info',
      message: `${formatObject(job.ref)} tries again after ${failed} failed ${failed === 1 ? 'try' : 'tries'}`,
      evidence: quoteField(job, '.status.failed', failed, 0.4),
      certainty: 0.5,
      consequence: false,
    },
  ];
}

/** Somebody holds it: Kueue and its like do so until there is room. */
function suspendedFinding(job: Job): Finding[] {
  if (job.spec?.suspend !== true) return [];
  return [
    {
      object: job.ref,
      code: 'workload.other',
      severity: 'info',
      message: `${formatObject(job.ref)} is suspended: it makes no pods`,
      evidence: quoteField(job, '.spec.suspend', true, 0.5),
      certainty: 0.6,
      consequence: false,
    },
  ];
}

function isOver(job: Job): boolean {
  return (
    isComplete(job) ||
    job.status?.conditions.some(({ type, status }) => type === 'Failed' && status === 'True') === true
  );
}

/** Jobs that have given up. One that has finished is no fault, however often it tried. */
export const job = defineAnalyzer({
  name: 'job',
  kind: 'Job',
  analyze: (snapshot) =>
    jobsOf(snapshot)
      .filter((one) => !isComplete(one))
      .flatMap((one) => [
        ...failedFinding(snapshot, one),
        ...(isOver(one) ? [] : [...retryingFinding(one), ...suspendedFinding(one)]),
      ]),
});
