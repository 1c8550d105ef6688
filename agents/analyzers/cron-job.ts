import { formatObject } from '#domain/object-ref.ts';
import { secondsBetween, toMs } from '#domain/time.ts';
import { runsBetween, scheduleFault } from '../analysis/cron.ts';
import { type CronJob, cronJobs } from '../analysis/kubernetes/batch.ts';
import { lastEditedAt, timeOf } from '../analysis/kubernetes/partial.ts';
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

/** The controller looks at its schedules every 10 s; of so many runs in a row none is left out by chance. */
const leastMissed = 3;
/** Of what has not run for longer than this, nobody may know what is held here of now. */
const mostDaysBack = 7;

/** Runs that should have been since the last one, and were not. */
function notStarted(snapshot: Snapshot, cronJob: CronJob): Finding[] {
  const { schedule, timeZone, concurrencyPolicy } = cronJob.spec ?? {};
  const last = timeOf(cronJob.status?.lastScheduleTime);
  if (schedule === undefined || last === undefined || (timeZone ?? 'UTC') !== 'UTC') return [];
  const edited = lastEditedAt(cronJob.raw);
  const from = edited !== undefined && toMs(edited) > toMs(last) ? edited : last;
  if (secondsBetween(from, snapshot.asOf) > mostDaysBack * 24 * 3600) return [];
  const runs = runsBetween(schedule, toMs(from), toMs(snapshot.asOf), 100);
  if (runs === undefined || runs < leastMissed) return [];
  const [active] = cronJob.status?.active ?? [];
  const before = concurrencyPolicy === 'Forbid' ? active?.name : undefined;
  return [
    {
      object: cronJob.ref,
      code: 'workload.other',
      severity: 'warning',
      message: `${formatObject(cronJob.ref)} has started none of its last ${runs} runs, since ${last}${before !== undefined ? `: it waits for ${before} to end (concurrencyPolicy Forbid)` : ''}`,
      evidence: [
        ...quoteField(cronJob, '.status.lastScheduleTime', last, 0.5),
        ...quoteField(cronJob, '.spec.schedule', schedule, 0.3),
        ...quoteField(cronJob, '.status.active[].name', before, 0.4),
      ],
      certainty: 0.75,
      consequence: false,
      since: last,
      through: before === undefined ? [] : [{ ...cronJob.ref, kind: 'Job', name: before }],
    },
  ];
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
        ...(one.spec?.suspend === true ? [] : [...missed(snapshot, one), ...notStarted(snapshot, one)]),
      ]),
});
