import { z } from 'zod';
import { formatObject } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import { controllerRef, servingPods } from '../analysis/kubernetes/owners.ts';
import { listOf, text, timeOf } from '../analysis/kubernetes/partial.ts';
import type { Pod } from '../analysis/kubernetes/pod.ts';
import type { Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

const gatesSchema = z.looseObject({ readinessGates: listOf(z.looseObject({ conditionType: text })) });

/** Whoever sets a gate's condition gets this long from when the containers are ready. */
const patienceSeconds = 120;

/** Gates that a load balancer's controller opens once its target answers. */
const loadBalancers = /load-?balancer|target-health|\belb/i;

function conditionOf({ status }: Pod, type: string) {
  return status?.conditions.find((condition) => condition.type === type);
}

function findingOf(snapshot: Snapshot, pod: Pod): Finding[] {
  const [containers, ready] = [conditionOf(pod, 'ContainersReady'), conditionOf(pod, 'Ready')];
  const since = timeOf(containers?.lastTransitionTime);
  if (containers?.status !== 'True' || ready?.status !== 'False' || since === undefined) return [];
  if (secondsBetween(since, snapshot.asOf) < patienceSeconds) return [];
  const gate = gatesSchema
    .parse(pod.spec ?? {})
    .readinessGates.flatMap(({ conditionType }) => conditionType ?? [])
    .find((type) => conditionOf(pod, type)?.status !== 'True');
  if (gate === undefined) return [];
  const told = conditionOf(pod, gate);
  const state = told === undefined ? 'nobody has set it' : `it is ${told.status ?? 'unknown'}`;
  const why = told?.message === undefined || told.message === '' ? '' : ` (${told.message.slice(0, 200)})`;
  return [
    {
      object: controllerRef(snapshot, pod),
      code: loadBalancers.test(gate) ? 'cloud.load-balancer-unhealthy' : 'workload.other',
      severity: 'error',
      message: `${formatObject(pod.ref)}: its containers are ready, and its readiness gate ${gate} keeps it from being so: ${state}${why}`,
      evidence: [
        ...quoteField(pod, `.status.conditions[${gate}].message`, told?.message, 0.7),
        ...quoteField(pod, '.status.conditions[Ready].message', ready.message, 0.5),
        ...quoteField(pod, '.spec.readinessGates[].conditionType', gate, 0.5),
      ],
      certainty: 0.85,
      consequence: false,
      since,
      through: [pod.ref],
    },
  ];
}

/** Pods whose containers are ready and that are not, since somebody else has to say so first. */
export const podReadiness = defineAnalyzer({
  name: 'pod-readiness',
  kind: 'Pod',
  analyze: (snapshot) => servingPods(snapshot).flatMap((pod) => findingOf(snapshot, pod)),
});
