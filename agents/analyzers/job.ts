import { formatObject } from '#domain/object-ref.ts';
import { timeOf } from '../analysis/kubernetes/partial.ts';
import { quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer } from './define-analyzer.ts';

/** Jobs that have given up. One that has finished is no fault. */
export const job = defineAnalyzer({
  name: 'job',
  kind: 'Job',
  analyze: (snapshot) =>
    snapshot.jobs.flatMap((candidate) => {
      const failed = candidate.status?.conditions.find(
        ({ type, status }) => type === 'Failed' && status === 'True',
      );
      if (failed === undefined) return [];
      const since = timeOf(failed.lastTransitionTime);
      return [
        {
          object: candidate.ref,
          code: 'workload.job-failed' as const,
          severity: 'warning' as const,
          message: `${formatObject(candidate.ref)} failed: ${failed.message ?? failed.reason ?? 'no reason given'}`,
          evidence: [
            ...quoteField(candidate, '.status.conditions[Failed].message', failed.message, 0.7),
            ...quoteField(candidate, '.status.conditions[Failed].reason', failed.reason ?? 'Failed', 0.4),
          ],
          certainty: 0.85,
          consequence: false,
          ...(since === undefined ? {} : { since }),
        },
      ];
    }),
});
