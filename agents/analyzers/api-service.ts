import { z } from 'zod';
import { formatObject, type ObjectRef } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import { kindReader } from '../analysis/kubernetes/kind-reader.ts';
import { conditionsSchema, maybe, text, timeOf } from '../analysis/kubernetes/partial.ts';
import type { Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

const apiServices = kindReader(
  'APIService',
  'apiregistration.k8s.io',
  z.looseObject({
    spec: maybe(z.looseObject({ service: maybe(z.looseObject({ name: text, namespace: text })) })),
    status: maybe(z.looseObject({ conditions: conditionsSchema })),
  }),
);
type ApiService = ReturnType<typeof apiServices>[number];

/** Its server may be rolled out anew. */
const patienceSeconds = 120;

function findingOf(snapshot: Snapshot, one: ApiService): Finding[] {
  const bad = one.status?.conditions.find(({ type, status }) => type === 'Available' && status === 'False');
  const since = timeOf(bad?.lastTransitionTime);
  if (bad === undefined || (since !== undefined && secondsBetween(since, snapshot.asOf) < patienceSeconds))
    return [];
  const { name, namespace } = one.spec?.service ?? {};
  const behind: ObjectRef[] =
    name === undefined || namespace === undefined
      ? []
      : [{ cluster: snapshot.cluster, kind: 'Service', namespace, name }];
  return [
    {
      object: one.ref,
      code: 'control-plane.other',
      severity: 'error',
      message: `${formatObject(one.ref)}: the API server cannot reach the one that serves this group (${bad.reason ?? '?'}): ${bad.message ?? ''}`,
      evidence: [
        ...quoteField(one, '.status.conditions[Available].message', bad.message, 0.6),
        ...quoteField(one, '.status.conditions[Available].reason', bad.reason, 0.4),
      ],
      certainty: 0.85,
      consequence: false,
      ...(since === undefined ? {} : { since }),
      through: behind,
    },
  ];
}

/** Groups of the API that another server answers for, which does not: metrics of pods, custom metrics. */
export const apiService = defineAnalyzer({
  name: 'api-service',
  kind: 'APIService',
  analyze: (snapshot) => apiServices(snapshot).flatMap((one) => findingOf(snapshot, one)),
});
