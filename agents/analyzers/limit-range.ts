import { z } from 'zod';
import { formatObject } from '#domain/object-ref.ts';
import { kindReader } from '../analysis/kubernetes/kind-reader.ts';
import { podsOf } from '../analysis/kubernetes/owners.ts';
import { listOf, maybe, text } from '../analysis/kubernetes/partial.ts';
import { isRead, longRunning, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { type Workload, wantedReplicas } from '../analysis/kubernetes/workload.ts';
import { parseQuantity } from '../analysis/quantity.ts';
import { quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

const amounts = maybe(z.record(z.string(), z.union([z.string(), z.number()])));
const limitRanges = kindReader(
  'LimitRange',
  '',
  z.looseObject({
    spec: maybe(z.looseObject({ limits: listOf(z.looseObject({ type: text, max: amounts, min: amounts })) })),
  }),
);
type LimitRange = ReturnType<typeof limitRanges>[number];

type Breach = {
  readonly container: string;
  readonly asked: string;
  readonly bound: string;
  readonly field: string;
};

/** What a container of the template asks for beyond a bound; more than the most, or less than the least. */
function breaches(range: LimitRange, workload: Workload): Breach[] {
  const rules = (range.spec?.limits ?? []).filter(({ type }) => type === 'Container');
  return (workload.spec?.template?.spec?.containers ?? []).flatMap(({ name, resources }) =>
    rules.flatMap(({ max, min }) => {
      const over = Object.entries(max ?? {}).flatMap(([resource, bound]) => {
        const asked = resources?.limits?.[resource];
        const [wanted, most] = [parseQuantity(asked), parseQuantity(bound)];
        return wanted !== undefined && most !== undefined && wanted > most
          ? [{ container: name, asked: String(asked), bound: String(bound), field: `max.${resource}` }]
          : [];
      });
      const under = Object.entries(min ?? {}).flatMap(([resource, bound]) => {
        const asked = resources?.requests?.[resource];
        const [wanted, least] = [parseQuantity(asked), parseQuantity(bound)];
        return wanted !== undefined && least !== undefined && wanted < least
          ? [{ container: name, asked: String(asked), bound: String(bound), field: `min.${resource}` }]
          : [];
      });
      return [...over, ...under];
    }),
  );
}

function findingOf(snapshot: Snapshot, range: LimitRange, workload: Workload): Finding[] {
  const [breach] = breaches(range, workload);
  if (breach === undefined) return [];
  const wanted = wantedReplicas(workload) ?? 0;
  const lacking = isRead(snapshot, 'pods', range.ref.namespace) && podsOf(snapshot, workload).length < wanted;
  return [
    {
      object: workload.ref,
      code: 'admission.limit-range',
      severity: lacking ? 'error' : 'warning',
      message: `${formatObject(workload.ref)}: container ${breach.container} asks for ${breach.asked}, ${formatObject(range.ref)} has ${breach.field} ${breach.bound}: no new pod is let in`,
      evidence: [
        ...quoteField(
          workload,
          `.spec.template.spec.containers[${breach.container}].resources`,
          breach.asked,
          0.6,
        ),
        ...quoteField(range, `.spec.limits[].${breach.field}`, breach.bound, 0.6),
      ],
      certainty: lacking ? 0.93 : 0.8,
      consequence: false,
      through: [range.ref],
      fixHint: { facets: ['resources'] },
    },
  ];
}

/** Bounds of a namespace that the templates in it do not keep. */
export const limitRange = defineAnalyzer({
  name: 'limit-range',
  kind: 'LimitRange',
  analyze: (snapshot) =>
    limitRanges(snapshot).flatMap((range) =>
      longRunning(snapshot)
        .filter(({ ref, terminating }) => ref.namespace === range.ref.namespace && !terminating)
        .flatMap((workload) => findingOf(snapshot, range, workload)),
    ),
});
