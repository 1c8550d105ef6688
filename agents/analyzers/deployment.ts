import type { CauseCode } from '#domain/causes/codes.ts';
import { formatObject } from '#domain/object-ref.ts';
import { timeOf } from '../analysis/kubernetes/partial.ts';
import { readyReplicas, type Workload, wantedReplicas } from '../analysis/kubernetes/workload.ts';
import { quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';
import { scaledToZero } from './scaled-to-zero.ts';

function paused(workload: Workload): Finding[] {
  const updated = workload.status?.updatedReplicas;
  const wanted = wantedReplicas(workload) ?? 0;
  if (workload.spec?.paused !== true || updated === undefined || updated >= wanted) return [];
  return [
    {
      object: workload.ref,
      code: 'workload.rollout-paused',
      severity: 'warning',
      message: `${formatObject(workload.ref)}: the rollout is paused with ${updated} of ${wanted} replicas on the new template`,
      evidence: quoteField(workload, '.spec.paused', true, 0.7),
      certainty: 0.8,
      consequence: false,
      fixHint: {
        steps: [
          {
            action: 'patch',
            object: workload.ref,
            arguments: { operations: [{ op: 'replace', path: '/spec/paused', value: false }] },
            why: 'the paused rollout goes on',
            undo: 'pause it again',
          },
        ],
      },
    },
  ];
}

/** What only says that something below is wrong: told where no deeper cause is found. */
function conditionFinding(workload: Workload, type: string, code: CauseCode): Finding[] {
  const condition = workload.status?.conditions.find(
    (candidate) => candidate.type === type && candidate.status === 'False',
  );
  if (condition === undefined) return [];
  const since = timeOf(condition.lastTransitionTime);
  const ready = readyReplicas(workload) ?? 0;
  return [
    {
      object: workload.ref,
      code,
      severity: 'warning',
      message: `${formatObject(workload.ref)}: ${ready} of ${wantedReplicas(workload) ?? '?'} replicas are ready (${condition.reason ?? type})`,
      evidence: [
        ...quoteField(workload, `.status.conditions[${type}].message`, condition.message, 0.3),
        ...quoteField(workload, `.status.conditions[${type}].reason`, condition.reason, 0.3),
      ],
      certainty: 0.5,
      consequence: true,
      ...(since === undefined ? {} : { since }),
      fixHint: {
        facets: [
          'image',
          'environment',
          'command',
          'resources',
          'probes',
          'volumes',
          'placement',
          'security',
        ],
      },
    },
  ];
}

/** Deployments and StatefulSets that want no pods, or cannot get those that they want. */
export const deployment = defineAnalyzer({
  name: 'deployment',
  kind: 'Deployment',
  analyze: (snapshot) =>
    [...snapshot.deployments, ...snapshot.statefulSets]
      .filter(({ terminating }) => !terminating)
      .flatMap((workload) => [
        ...scaledToZero(snapshot, workload),
        ...paused(workload),
        ...conditionFinding(workload, 'Progressing', 'workload.rollout-stuck'),
        ...(workload.spec?.replicas === 0
          ? []
          : conditionFinding(workload, 'Available', 'workload.too-few-replicas')),
      ]),
});
