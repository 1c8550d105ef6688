import { z } from 'zod';
import { formatObject } from '#domain/object-ref.ts';
import { kindReader } from '../analysis/kubernetes/kind-reader.ts';
import { conditionsSchema, flag, maybe, text, timeOf } from '../analysis/kubernetes/partial.ts';
import { quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

/** What Argo Rollouts and KEDA say of the workloads that they look after. */

const rollouts = kindReader(
  'Rollout',
  'argoproj.io',
  z.looseObject({
    status: maybe(z.looseObject({ phase: text, message: text, abort: flag, conditions: conditionsSchema })),
  }),
);

function rolloutFinding(one: ReturnType<typeof rollouts>[number]): Finding[] {
  const { phase, message, abort } = one.status ?? {};
  if (phase !== 'Degraded' && abort !== true) return [];
  return [
    {
      object: one.ref,
      code: 'workload.rollout-stuck',
      severity: 'warning',
      message: `${formatObject(one.ref)}: its rollout ${abort === true ? 'was aborted' : 'does not get on'}: ${message ?? phase ?? ''}`,
      evidence: [
        ...quoteField(one, '.status.message', message, 0.6),
        ...quoteField(one, '.status.phase', phase, 0.4),
      ],
      certainty: 0.75,
      // An analysis that failed says nothing of why; a rollout that waits for pods is explained by them.
      consequence: abort !== true,
    },
  ];
}

const scaledObjects = kindReader(
  'ScaledObject',
  'keda.sh',
  z.looseObject({ status: maybe(z.looseObject({ conditions: conditionsSchema })) }),
);

function scaledObjectFinding(one: ReturnType<typeof scaledObjects>[number]): Finding[] {
  const bad = one.status?.conditions.find(({ type, status }) => type === 'Ready' && status === 'False');
  if (bad === undefined) return [];
  const since = timeOf(bad.lastTransitionTime);
  return [
    {
      object: one.ref,
      code: 'workload.autoscaler-misconfigured',
      severity: 'error',
      message: `${formatObject(one.ref)} cannot scale (${bad.reason ?? '?'}): ${bad.message ?? ''}`,
      evidence: [
        ...quoteField(one, '.status.conditions[Ready].message', bad.message, 0.6),
        ...quoteField(one, '.status.conditions[Ready].reason', bad.reason, 0.4),
      ],
      certainty: 0.85,
      consequence: false,
      ...(since === undefined ? {} : { since }),
    },
  ];
}

/** Rollouts of Argo that stopped, and scalers of KEDA that cannot scale. */
export const otherWorkloads = defineAnalyzer({
  name: 'other-workloads',
  kind: 'Rollout',
  analyze: (snapshot) => [
    ...rollouts(snapshot)
      .filter(({ terminating }) => !terminating)
      .flatMap(rolloutFinding),
    ...scaledObjects(snapshot)
      .filter(({ terminating }) => !terminating)
      .flatMap(scaledObjectFinding),
  ],
});
