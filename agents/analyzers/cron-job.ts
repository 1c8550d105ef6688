import { formatObject } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import { scheduleFault } from '../analysis/cron.ts';
import { type CronJob, cronJobs } from '../analysis/kubernetes/batch.ts';
import { lastEditedAt } from '../analysis/kubernetes/partial.ts';
import { eventsOf, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { quoteEvent, quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

function badSchedule(cronJob: CronJob): Finding[] {
  const schedule = cronJob.spec?.schedule;
  const fault = schedule === undefined ? undefined : scheduleFault(schedule);
  if (fault === undefined) return [];
  return [
    {
      object: cronJob.ref,
      code: 'workload.schedule-invalid',
      severity: 'error',
      message: `${formatObject(cronJob.ref)} never runs: of its schedule "${schedule}" ${fault}`,
      evidence: quoteField(cronJob, '.spec.schedule', schedule, 0.8),
      certainty: 0.95,
      consequence: false,
    },
  ];
}

/** Suspended within a day is news; before that it is a choice that people know of. */
const newsSeconds = 24 * 3600;

function suspended(snapshot: Snapshot, cronJob: CronJob): Finding[] {
  if (cronJob.spec?.suspend !== true) return [];
  const edited = lastEditedAt(cronJob.raw);
  const news = edited !== undefined && secondsBetween(edited, snapshot.asOf) < newsSeconds;
  return [
    {
      object: cronJob.ref,
      code: 'workload.schedule-suspended',
      severity: news ? 'warning' : 'info',
      message: `${formatObject(cronJob.ref)} is suspended: it makes no jobs`,
      evidence: quoteField(cronJob, '.spec.suspend', true, 0.7),
      certainty: 0.85,
      consequence: false,
      ...(edited === undefined ? {} : { since: edited }),
      ...(news
        ? {
            fixHint: {
              steps: [
                {
                  action: 'patch',
                  object: cronJob.ref,
                  arguments: { operations: [{ op: 'replace', path: '/spec/suspend', value: false }] },
                  why: 'it makes its jobs again',
                  undo: 'suspend it again',
                },
              ],
            },
          }
        : {}),
    },
  ];
}

/** What the controller says of runs that it could not or would not start. */
const told: readonly (readonly [reason: RegExp, severity: Finding['severity'], code: Finding['code']])[] = [
  [
    /^(UnparseableSchedule|UnparsableSchedule|InvalidSchedule|UnknownTimeZone)$/,
    'error',
    'workload.schedule-invalid',
  ],
  [/^(FailedNeedsStart|TooManyMissedTimes)$/, 'error', 'workload.schedule-invalid'],
  [/^(MissSchedule|MissedSchedule)$/, 'warning', 'workload.other'],
  [/^(FailedCreate)$/, 'error', 'workload.job-failed'],
  [/^(JobAlreadyActive)$/, 'info', 'workload.other'],
];
const freshSeconds = 3600;

function missed(snapshot: Snapshot, cronJob: CronJob): Finding[] {
  const events = eventsOf(snapshot, cronJob.ref).filter(
    ({ lastAt }) => lastAt === undefined || secondsBetween(lastAt, snapshot.asOf) < freshSeconds,
  );
  return events.flatMap((event): Finding[] => {
    const rule = told.find(([reason]) => reason.test(event.reason));
    if (rule === undefined) return [];
    return [
      {
        object: cronJob.ref,
        code: rule[2],
        severity: rule[1],
        message: `${formatObject(cronJob.ref)}: ${event.message.slice(0, 200)}`,
        evidence: quoteEvent(event, 0.7),
        certainty: 0.8,
        consequence: false,
        ...(event.firstAt === undefined ? {} : { since: event.firstAt }),
      },
    ];
  });
}

/** CronJobs that never run, that are held, or whose runs are missed. */
export const cronJob = defineAnalyzer({
  name: 'cron-job',
  kind: 'CronJob',
  analyze: (snapshot) =>
    cronJobs(snapshot)
      .filter(({ terminating }) => !terminating)
      .flatMap((one) => [
        ...badSchedule(one),
        ...suspended(snapshot, one),
        ...(one.spec?.suspend === true ? [] : missed(snapshot, one)),
      ]),
});
