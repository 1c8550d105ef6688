import type { CauseCode } from '#domain/causes/codes.ts';
import { formatObject } from '#domain/object-ref.ts';
import { type Instant, secondsBetween } from '#domain/time.ts';
import { timeOf } from '../analysis/kubernetes/partial.ts';
import type { Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { isObserved, readyReplicas, type Workload, wantedReplicas } from '../analysis/kubernetes/workload.ts';
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

/** What is being made or replaced may have no pod that is ready for so long. */
const startSeconds = 120;

/** None of its pods has been ready for a while: nobody is served. */
function severityOf(snapshot: Snapshot, workload: Workload, since: Instant | undefined): Finding['severity'] {
  const lasting = since !== undefined && secondsBetween(since, snapshot.asOf) >= startSeconds;
  return lasting && (readyReplicas(workload) ?? 1) === 0 ? 'error' : 'warning';
}

/** Sets of pods have no conditions that tell it, and objects in part may have none: then the numbers do. */
function countsFinding(snapshot: Snapshot, workload: Workload): Finding[] {
  const [wanted, ready] = [wantedReplicas(workload), readyReplicas(workload)];
  const told = workload.status?.conditions.some(({ type }) => type === 'Available') === true;
  if (told || wanted === undefined || ready === undefined || ready >= wanted || !isObserved(workload))
    return [];
  return [
    {
      object: workload.ref,
      code: 'workload.too-few-replicas',
      severity: severityOf(snapshot, workload, workload.createdAt),
      message: `${formatObject(workload.ref)}: ${ready} of ${wanted} replicas are ready`,
      evidence: [
        ...quoteField(workload, '.status.readyReplicas', workload.status?.readyReplicas, 0.4),
        ...quoteField(workload, '.spec.replicas', wanted, 0.3),
      ],
      certainty: 0.5,
      consequence: true,
    },
  ];
}

/** What only says that something below is wrong: told where no deeper cause is found. */
function conditionFinding(snapshot: Snapshot, workload: Workload, type: string, code: CauseCode): Finding[] {
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
      severity: severityOf(snapshot, workload, since),
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

/** ReplicaSets of which nobody else takes care. */
function lonelySets(snapshot: Snapshot): Workload[] {
  return snapshot.replicaSets.filter(({ ownedBy, terminating }) => ownedBy === undefined && !terminating);
}

/** Deployments and StatefulSets that want no pods, or cannot get those that they want. */
export const deployment = defineAnalyzer({
  name: 'deployment',
  kind: 'Deployment',
  analyze: (snapshot) => [
    ...lonelySets(snapshot).flatMap((set) => countsFinding(snapshot, set)),
    ...[...snapshot.deployments, ...snapshot.statefulSets]
      .filter(({ terminating }) => !terminating)
      .flatMap((workload) => [
        ...scaledToZero(snapshot, workload),
        ...paused(workload),
        ...conditionFinding(snapshot, workload, 'Progressing', 'workload.rollout-stuck'),
        ...(workload.spec?.replicas === 0
          ? []
          : conditionFinding(snapshot, workload, 'Available', 'workload.too-few-replicas')),
        ...countsFinding(snapshot, workload),
      ]),
  ],
});
