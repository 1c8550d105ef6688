import { z } from 'zod';
import { formatObject } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import { groupOf } from '../../analysis/kubernetes/kind-reader.ts';
import { conditionsSchema, flag, maybe, seenObject, timeOf } from '../../analysis/kubernetes/partial.ts';
import type { Found, Snapshot } from '../../analysis/kubernetes/snapshot.ts';
import { quoteField } from '../../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from '../define-analyzer.ts';

/** Kubernetes' own groups, and those that have analyzers of their own. */
const known =
  /^$|^(apps|batch|policy|autoscaling|extensions)$|\.k8s\.io$|^(acme\.)?cert-manager\.io$|^(operators\.coreos\.com|olm\.operatorframework\.io|keda\.sh|metrics\.eks\.amazonaws\.com)$/;

const schema = z.looseObject({
  spec: maybe(z.looseObject({ suspend: flag })),
  status: maybe(z.looseObject({ conditions: conditionsSchema })),
});

/** By these their controllers say as a whole how an object stands (API conventions of Kubernetes, "Typical status properties"). */
const summaries = ['Ready', 'Available', 'Synced', 'Healthy'];
/** What is being made takes a while. */
const patienceSeconds = 1800;

function findingOf(snapshot: Snapshot, { evidenceId, object }: Found): Finding[] {
  const { spec, status } = schema.parse(object);
  const bad = (status?.conditions ?? []).find(
    (one) => summaries.includes(one.type) && one.status === 'False',
  );
  const seen = seenObject(snapshot.cluster, evidenceId, object);
  if (bad === undefined || seen.terminating || spec?.suspend === true) return [];
  const since = timeOf(bad.lastTransitionTime) ?? seen.createdAt;
  if (since === undefined || secondsBetween(since, snapshot.asOf) < patienceSeconds) return [];
  return [
    {
      object: seen.ref,
      code: 'workload.other',
      severity: 'warning',
      message: `${formatObject(seen.ref)}: ${bad.type} is False since ${since} (${bad.reason ?? 'no reason given'})${bad.message === undefined ? '' : `: ${bad.message.slice(0, 300)}`}`,
      evidence: [
        ...quoteField(seen, `.status.conditions[${bad.type}].message`, bad.message, 0.5),
        ...quoteField(seen, `.status.conditions[${bad.type}].reason`, bad.reason, 0.4),
      ],
      certainty: 0.4,
      consequence: false,
      since,
    },
  ];
}

/** Objects of operators that their own controllers say are not well. What comes of it shows on what they make. */
export const customConditions = defineAnalyzer({
  name: 'custom-conditions',
  kind: 'CustomResource',
  analyze: (snapshot) =>
    [...snapshot.objects.values()]
      .flat()
      .filter(({ object }) => !known.test(groupOf(object.apiVersion) ?? ''))
      .flatMap((found) => findingOf(snapshot, found)),
});
