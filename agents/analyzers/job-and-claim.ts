import { formatObject } from '#domain/object-ref.ts';
import { timeOf } from '../analysis/kubernetes/partial.ts';
import { eventsOf } from '../analysis/kubernetes/snapshot.ts';
import { quoteEvent, quoteField } from '../analysis/quoting.ts';
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

/** Claims that wait for a volume. */
export const claim = defineAnalyzer({
  name: 'claim',
  kind: 'PersistentVolumeClaim',
  analyze: (snapshot) =>
    snapshot.claims.flatMap((candidate) => {
      const [event] = eventsOf(snapshot, candidate.ref).filter(({ type }) => type === 'Warning');
      if (candidate.status?.phase !== 'Pending' || event === undefined) return [];
      const missingClass = /storageclass.* not found/i.test(event.message);
      return [
        {
          object: candidate.ref,
          code: missingClass ? ('storage.claim-class-missing' as const) : ('storage.claim-unbound' as const),
          severity: 'error' as const,
          message: `${formatObject(candidate.ref)} is not bound: ${event.message.slice(0, 200)}`,
          evidence: quoteEvent(event, 0.7),
          certainty: 0.85,
          consequence: false,
          ...(candidate.createdAt === undefined ? {} : { since: candidate.createdAt }),
        },
      ];
    }),
});
