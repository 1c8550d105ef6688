import { z } from 'zod';
import { formatObject, type ObjectRef } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import { kindReader } from '../analysis/kubernetes/kind-reader.ts';
import { podsOf, workloadAt } from '../analysis/kubernetes/owners.ts';
import {
  type Condition,
  conditionsSchema,
  count,
  listOf,
  maybe,
  text,
  timeOf,
} from '../analysis/kubernetes/partial.ts';
import { eventsOf, isRead, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { readyReplicas, type Workload, wantedReplicas } from '../analysis/kubernetes/workload.ts';
import { quoteEvent, quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

const autoscalers = kindReader(
  'HorizontalPodAutoscaler',
  'autoscaling',
  z.looseObject({
    spec: maybe(
      z.looseObject({
        minReplicas: count,
        maxReplicas: count,
        scaleTargetRef: maybe(z.looseObject({ kind: text, name: text })),
        metrics: listOf(
          z.looseObject({
            type: text,
            resource: maybe(z.looseObject({ name: text, target: maybe(z.looseObject({ type: text })) })),
            containerResource: maybe(z.looseObject({ name: text, container: text })),
          }),
        ),
        targetCPUUtilizationPercentage: count,
      }),
    ),
    status: maybe(
      z.looseObject({ currentReplicas: count, desiredReplicas: count, conditions: conditionsSchema }),
    ),
  }),
);
type Autoscaler = ReturnType<typeof autoscalers>[number];

const plurals: Readonly<Record<string, string>> = {
  Deployment: 'deployments',
  StatefulSet: 'statefulsets',
  ReplicaSet: 'replicasets',
};

function targetOf({ ref, spec }: Autoscaler): ObjectRef | undefined {
  const { kind, name } = spec?.scaleTargetRef ?? {};
  return kind === undefined || name === undefined ? undefined : { ...ref, kind, name };
}

/** The older API keeps the conditions in an annotation. */
const conditionsAnnotation = 'autoscaling.alpha.kubernetes.io/conditions';

function conditionsOf({ status, annotations }: Autoscaler): readonly Condition[] {
  const told = status?.conditions ?? [];
  const kept = annotations[conditionsAnnotation];
  if (told.length > 0 || kept === undefined) return told;
  try {
    return conditionsSchema.parse(JSON.parse(kept));
  } catch {
    // Cut or not JSON: nothing is known.
    return [];
  }
}

function finding(
  autoscaler: Autoscaler,
  told: Pick<Finding, 'severity' | 'message' | 'evidence' | 'certainty'> &
    Partial<Pick<Finding, 'since' | 'consequence'>>,
): Finding {
  const target = targetOf(autoscaler);
  return {
    object: autoscaler.ref,
    code: 'workload.autoscaler-misconfigured',
    consequence: false,
    ...told,
    ...(target === undefined ? {} : { through: [target] }),
  };
}

function missingTarget(snapshot: Snapshot, autoscaler: Autoscaler): Finding[] {
  const target = targetOf(autoscaler);
  const plural = plurals[target?.kind ?? ''];
  if (target === undefined || plural === undefined || !isRead(snapshot, plural, target.namespace)) return [];
  const there =
    target.kind === 'ReplicaSet'
      ? snapshot.replicaSets.some(({ ref }) => ref.name === target.name && ref.namespace === target.namespace)
      : workloadAt(snapshot, target) !== undefined;
  if (there) return [];
  return [
    finding(autoscaler, {
      severity: 'error',
      message: `${formatObject(autoscaler.ref)} is for ${formatObject(target)}, which is not there`,
      evidence: quoteField(autoscaler, '.spec.scaleTargetRef.name', target.name, 0.7),
      certainty: 0.93,
    }),
  ];
}

/** Resources of which a share of the requests is aimed at; an amount needs no request. */
function sharesOf({ spec }: Autoscaler): string[] {
  const named = (spec?.metrics ?? []).flatMap(({ type, resource }) =>
    type === 'Resource' &&
    resource?.name !== undefined &&
    (resource.target?.type ?? 'Utilization') === 'Utilization'
      ? [resource.name]
      : [],
  );
  return spec?.targetCPUUtilizationPercentage === undefined ? named : [...named, 'cpu'];
}

function targetWorkload(snapshot: Snapshot, autoscaler: Autoscaler): Workload | undefined {
  const target = targetOf(autoscaler);
  return target === undefined ? undefined : workloadAt(snapshot, target);
}

/**
 * Containers of the target that ask for none of the resource by which it is scaled: a share of nothing is not known. What
 * the pods have counts where there are any: a namespace's defaults and admission put requests in.
 */
function withoutRequests(snapshot: Snapshot, autoscaler: Autoscaler): string[] {
  const workload = targetWorkload(snapshot, autoscaler);
  const wanted = sharesOf(autoscaler);
  const [pod] =
    workload === undefined ? [] : podsOf(snapshot, workload).filter(({ spec }) => spec !== undefined);
  return (
    (pod?.spec ?? workload?.spec?.template?.spec)?.containers
      .filter(({ resources }) =>
        wanted.some(
          (name) => resources?.requests?.[name] === undefined && resources?.limits?.[name] === undefined,
        ),
      )
      .map(({ name }) => name) ?? []
  );
}

/** What its spec alone tells: by what it scales, the target has not. Its status says more where there is one. */
function metricsFinding(snapshot: Snapshot, autoscaler: Autoscaler): Finding[] {
  const active = conditionsOf(autoscaler).find(({ type }) => type === 'ScalingActive');
  const workload = targetWorkload(snapshot, autoscaler);
  if (active !== undefined || workload === undefined || wantedReplicas(workload) === 0) return [];
  const containers = workload.spec?.template?.spec?.containers ?? [];
  const named = (autoscaler.spec?.metrics ?? []).flatMap(
    ({ containerResource }) => containerResource?.container ?? [],
  );
  const stranger = named.find(
    (name) => containers.length > 0 && !containers.some((one) => one.name === name),
  );
  const lacking = withoutRequests(snapshot, autoscaler);
  const [resource] = sharesOf(autoscaler);
  if (stranger === undefined && (lacking.length === 0 || resource === undefined)) return [];
  return [
    finding(autoscaler, {
      severity: 'error',
      message: `${formatObject(autoscaler.ref)} cannot scale: ${stranger === undefined ? `it goes by a share of the ${resource} that is requested, and the containers ${lacking.join(', ')} of ${formatObject(workload.ref)} request none` : `it goes by container ${stranger}, which ${formatObject(workload.ref)} has not`}`,
      evidence: [
        ...quoteField(autoscaler, '.spec.metrics[]…name', stranger ?? resource, 0.5),
        ...quoteField(workload, '.spec.template.spec.containers[].name', lacking[0], 0.4),
      ],
      certainty: 0.8,
    }),
  ];
}

/** New pods have no metrics yet, and a new autoscaler has not looked. */
const settlingSeconds = 300;

function conditionFinding(snapshot: Snapshot, autoscaler: Autoscaler, condition: Condition): Finding[] {
  const { type, status, reason = '', message } = condition;
  const since = timeOf(condition.lastTransitionTime);
  const evidence = [
    ...quoteField(autoscaler, `.status.conditions[${type}].message`, message, 0.6),
    ...quoteField(autoscaler, `.status.conditions[${type}].reason`, reason, 0.4),
  ];
  const base = { evidence, ...(since === undefined ? {} : { since }) };
  if (type === 'AbleToScale' && status === 'False') {
    return [
      finding(autoscaler, {
        ...base,
        severity: 'error',
        message: `${formatObject(autoscaler.ref)} cannot scale (${reason}): ${message ?? ''}`,
        certainty: 0.88,
      }),
    ];
  }
  // With 0 replicas it is switched off on purpose.
  if (type === 'ScalingActive' && status === 'False' && reason !== 'ScalingDisabled') {
    const begun = since ?? autoscaler.createdAt;
    const young = begun !== undefined && secondsBetween(begun, snapshot.asOf) < settlingSeconds;
    const lacking = withoutRequests(snapshot, autoscaler);
    const why = lacking.length === 0 ? '' : `; its containers ${lacking.join(', ')} request none of it`;
    const target = targetWorkload(snapshot, autoscaler);
    // Of pods that do not run there are no metrics: why they do not, others tell.
    const idle = target !== undefined && readyReplicas(target) === 0;
    return [
      finding(autoscaler, {
        ...base,
        consequence: idle,
        severity: young ? 'info' : 'error',
        message: `${formatObject(autoscaler.ref)} has no metrics to go by (${reason}): ${message ?? ''}${why}`,
        certainty: 0.85,
      }),
    ];
  }
  return [];
}

/** It says so every 15 s for as long as it lasts; once or twice is a pod that has just started. */
const leastCount = 4;

/** What its controller says, where no conditions are held. */
function eventFinding(snapshot: Snapshot, autoscaler: Autoscaler): Finding[] {
  if (conditionsOf(autoscaler).length > 0) return [];
  const event = eventsOf(snapshot, autoscaler.ref).find(
    ({ type, reason }) => type === 'Warning' && /^Failed(Get|Compute|Update|Rescale)/.test(reason),
  );
  const old = event?.lastAt !== undefined && secondsBetween(event.lastAt, snapshot.asOf) > settlingSeconds;
  if (event === undefined || event.count < leastCount || old) return [];
  return [
    finding(autoscaler, {
      severity: 'error',
      message: `${formatObject(autoscaler.ref)} cannot scale (${event.reason}): ${event.message.slice(0, 200)}`,
      evidence: quoteEvent(event, 0.6),
      certainty: 0.8,
      ...(event.firstAt === undefined ? {} : { since: event.firstAt }),
    }),
  ];
}

function boundsFinding(autoscaler: Autoscaler): Finding[] {
  const { minReplicas = 1, maxReplicas } = autoscaler.spec ?? {};
  const { currentReplicas, desiredReplicas } = autoscaler.status ?? {};
  const conditions = conditionsOf(autoscaler);
  if (maxReplicas !== undefined && minReplicas > maxReplicas) {
    return [
      finding(autoscaler, {
        severity: 'error',
        message: `${formatObject(autoscaler.ref)} wants at least ${minReplicas} and at most ${maxReplicas} replicas`,
        evidence: quoteField(autoscaler, '.spec.maxReplicas', maxReplicas, 0.7),
        certainty: 0.95,
      }),
    ];
  }
  const limited = conditions.find(({ type, status }) => type === 'ScalingLimited' && status === 'True');
  const atMost =
    maxReplicas !== undefined && currentReplicas === maxReplicas && (desiredReplicas ?? 0) >= maxReplicas;
  if (!atMost || (limited !== undefined && limited.reason !== 'TooManyReplicas')) return [];
  // As many as it may have, and it would have more: with one fixed number that is always so.
  const fixed = minReplicas === maxReplicas;
  return [
    finding(autoscaler, {
      severity: fixed || limited === undefined ? 'info' : 'warning',
      message: `${formatObject(autoscaler.ref)} is at its maximum of ${maxReplicas} replicas${limited === undefined ? '' : ' and would have more'}`,
      evidence: [
        ...quoteField(autoscaler, '.status.conditions[ScalingLimited].message', limited?.message, 0.5),
        ...quoteField(autoscaler, '.spec.maxReplicas', maxReplicas, 0.4),
      ],
      certainty: 0.7,
    }),
  ];
}

/** Autoscalers without a target or metrics, and those that have no room left. One at its minimum is as it should be. */
export const autoscaler = defineAnalyzer({
  name: 'autoscaler',
  kind: 'HorizontalPodAutoscaler',
  analyze: (snapshot) =>
    autoscalers(snapshot)
      .filter(({ terminating }) => !terminating)
      .flatMap((one) => {
        const missing = missingTarget(snapshot, one);
        if (missing.length > 0) return missing;
        return [
          ...conditionsOf(one).flatMap((condition) => conditionFinding(snapshot, one, condition)),
          ...eventFinding(snapshot, one),
          ...metricsFinding(snapshot, one),
          ...boundsFinding(one),
        ];
      }),
});
