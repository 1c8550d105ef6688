import { formatObject } from '#domain/object-ref.ts';
import { type CronJob, cronJobs } from '../../analysis/kubernetes/batch.ts';
import { quoteField } from '../../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from '../define-analyzer.ts';

/** The controller looks every 10 seconds: of a shorter deadline runs are missed (Kubernetes documentation, "CronJob"). */
const controllerPeriodSeconds = 10;

function findingOf(cronJob: CronJob): Finding[] {
  const { startingDeadlineSeconds: deadline, suspend, schedule } = cronJob.spec ?? {};
  if (schedule === undefined || suspend === true || (deadline ?? 0) >= controllerPeriodSeconds) return [];
  const name = formatObject(cronJob.ref);
  const base = { object: cronJob.ref, consequence: false } as const;
  if (deadline === undefined)
    return [
      {
        ...base,
        code: 'workload.other',
        severity: 'info',
        message: `${name} has no deadline for starting: after 100 missed runs it starts none any more`,
        evidence: quoteField(cronJob, '.spec.schedule', schedule, 0.2),
        certainty: 0.3,
      },
    ];
  return [
    {
      ...base,
      code: 'workload.schedule-invalid',
      severity: 'warning',
      message: `${name} must start within ${deadline} s, and it is looked at every ${controllerPeriodSeconds} s only: runs are missed`,
      evidence: quoteField(cronJob, '.spec.startingDeadlineSeconds', deadline, 0.6),
      certainty: 0.7,
    },
  ];
}

/** CronJobs whose deadline for starting is too short, or that have none. */
export const cronDeadlines = defineAnalyzer({
  name: 'cron-deadlines',
  kind: 'CronJob',
  analyze: (snapshot) =>
    cronJobs(snapshot)
      .filter(({ terminating }) => !terminating)
      .flatMap(findingOf),
});
