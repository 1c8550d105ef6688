import { z } from 'zod';
import { formatObject } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import { kindReader } from '../analysis/kubernetes/kind-reader.ts';
import { labelSelectorSchema, meetsLabels } from '../analysis/kubernetes/label-selector.ts';
import { count, maybe, portSchema } from '../analysis/kubernetes/partial.ts';
import { perSnapshot } from '../analysis/kubernetes/per-snapshot.ts';
import { longRunning, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { podLabels } from '../analysis/kubernetes/workload.ts';
import { quoteEvent, quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

export const budgets = kindReader(
  'PodDisruptionBudget',
  'policy',
  z.looseObject({
    // A number or a percentage, as ports are a number or a name.
    spec: maybe(
      z.looseObject({
        minAvailable: portSchema,
        maxUnavailable: portSchema,
        selector: maybe(labelSelectorSchema),
      }),
    ),
    status: maybe(
      z.looseObject({
        disruptionsAllowed: count,
        currentHealthy: count,
        desiredHealthy: count,
        expectedPods: count,
      }),
    ),
  }),
);
type Budget = ReturnType<typeof budgets>[number];

const freshSeconds = 1800;

/** Evictions that were refused lately for a budget's sake. */
const refusals = perSnapshot((snapshot) =>
  snapshot.events.filter(
    ({ message, lastAt }) =>
      /disruption budget|PodDisruptionBudget|violate the pod's/i.test(message) &&
      (lastAt === undefined || secondsBetween(lastAt, snapshot.asOf) < freshSeconds),
  ),
);

/** Somebody tries to empty a node, and this budget does not let a pod go. */
function refusedEviction(snapshot: Snapshot, budget: Budget) {
  const { selector } = budget.spec ?? {};
  const told = refusals(snapshot);
  if (selector === undefined || told.length === 0) return undefined;
  const own = new Set(
    snapshot.pods
      .filter(({ ref, labels }) => ref.namespace === budget.ref.namespace && meetsLabels(selector, labels))
      .map(({ ref }) => ref.name),
  );
  return told.find(
    ({ message, name, namespace }) =>
      (namespace === budget.ref.namespace && own.has(name)) || [...own].some((pod) => message.includes(pod)),
  );
}

function blocks({ spec, status }: Budget): boolean {
  const never = spec?.maxUnavailable === 0 || spec?.maxUnavailable === '0%' || spec?.minAvailable === '100%';
  const { desiredHealthy, expectedPods = 0 } = status ?? {};
  return expectedPods > 0 && (never || (desiredHealthy !== undefined && desiredHealthy >= expectedPods));
}

function findingOf(snapshot: Snapshot, budget: Budget): Finding[] {
  const { status, spec } = budget;
  if (status?.disruptionsAllowed !== 0 || !blocks(budget)) return [];
  const refused = refusedEviction(snapshot, budget);
  const selector = spec?.selector;
  const workloads =
    selector === undefined
      ? []
      : longRunning(snapshot).filter(
          (workload) =>
            workload.ref.namespace === budget.ref.namespace && meetsLabels(selector, podLabels(workload)),
        );
  const field = spec?.maxUnavailable === undefined ? 'minAvailable' : 'maxUnavailable';
  return [
    {
      object: budget.ref,
      code: 'workload.disruption-budget',
      severity: refused === undefined ? 'info' : 'error',
      message: `${formatObject(budget.ref)} lets none of its ${status.expectedPods} pods go${refused === undefined ? ': nodes that they run on cannot be emptied' : `: ${refused.message.slice(0, 200)}`}`,
      evidence: [
        ...quoteEvent(refused, 0.7),
        ...quoteField(budget, `.spec.${field}`, spec?.[field], 0.5),
        ...quoteField(budget, '.status.disruptionsAllowed', 0, 0.4),
      ],
      certainty: refused === undefined ? 0.6 : 0.88,
      consequence: false,
      through: workloads.map(({ ref }) => ref),
    },
  ];
}

/** It lets no pod go since fewer are well than there should be: that follows from what is wrong with the pods. */
function strainedFinding({ ref, status, ...seen }: Budget): Finding[] {
  const { disruptionsAllowed, currentHealthy, desiredHealthy } = status ?? {};
  if (disruptionsAllowed !== 0 || currentHealthy === undefined || desiredHealthy === undefined) return [];
  if (currentHealthy >= desiredHealthy) return [];
  return [
    {
      object: ref,
      code: 'workload.disruption-budget',
      severity: 'warning',
      message: `${formatObject(ref)}: ${currentHealthy} of the ${desiredHealthy} pods that should be are well: none may go`,
      evidence: quoteField({ ref, ...seen }, '.status.currentHealthy', currentHealthy, 0.4),
      certainty: 0.4,
      consequence: true,
    },
  ];
}

/** Budgets that never let a pod go. That hurts when somebody wants to empty a node. */
export const disruptionBudget = defineAnalyzer({
  name: 'disruption-budget',
  kind: 'PodDisruptionBudget',
  analyze: (snapshot) =>
    budgets(snapshot).flatMap((budget) => {
      const found = findingOf(snapshot, budget);
      return found.length > 0 ? found : strainedFinding(budget);
    }),
});
