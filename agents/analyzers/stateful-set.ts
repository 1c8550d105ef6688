import { z } from 'zod';
import { formatObject, type ObjectRef } from '#domain/object-ref.ts';
import { podsOf } from '../analysis/kubernetes/owners.ts';
import { listOf, maybe, text } from '../analysis/kubernetes/partial.ts';
import { isReady } from '../analysis/kubernetes/pod.ts';
import { serviceAt } from '../analysis/kubernetes/service-names.ts';
import { isRead, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { persistentVolumes, storageClasses } from '../analysis/kubernetes/volumes.ts';
import {
  isObserved,
  readyReplicas,
  replicasToUpdate,
  updatedReplicas,
  type Workload,
  wantedReplicas,
} from '../analysis/kubernetes/workload.ts';
import { quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

const specSchema = z.looseObject({
  serviceName: text,
  podManagementPolicy: text,
  volumeClaimTemplates: listOf(z.looseObject({ spec: maybe(z.looseObject({ storageClassName: text })) })),
});

function specOf(set: Workload): z.output<typeof specSchema> {
  return specSchema.parse(set.spec ?? {});
}

/** Its pods are found by their names through this Service; without it they cannot find one another. */
function governingService(snapshot: Snapshot, set: Workload): Finding[] {
  const { serviceName } = specOf(set);
  if (serviceName === undefined || serviceName === '' || !isRead(snapshot, 'services', set.ref.namespace))
    return [];
  if (serviceAt(snapshot, set.ref.namespace, serviceName) !== undefined) return [];
  const object: ObjectRef = { ...set.ref, kind: 'Service', name: serviceName };
  // Some sets do without: those whose pods are ready.
  const isWell = (readyReplicas(set) ?? 0) >= (wantedReplicas(set) ?? 1);
  return [
    {
      object,
      code: 'service.missing',
      severity: wantedReplicas(set) === 0 ? 'info' : isWell ? 'warning' : 'error',
      message: `${formatObject(set.ref)} names its pods by Service ${serviceName}, which is not there`,
      evidence: quoteField(set, '.spec.serviceName', serviceName, 0.7),
      certainty: 0.8,
      consequence: false,
      through: [set.ref],
    },
  ];
}

function ordinalOf(name: string): number {
  return Number(/-(\d+)$/.exec(name)?.[1] ?? Number.NaN);
}

/** Pods come one after the other: one that is not ready keeps all that follow from being made. */
function orderedStart(snapshot: Snapshot, set: Workload): Finding[] {
  const wanted = wantedReplicas(set) ?? 0;
  const pods = podsOf(snapshot, set);
  if (specOf(set).podManagementPolicy === 'Parallel' || pods.length >= wanted || pods.length === 0) return [];
  const [stuck] = pods
    .filter((pod) => isReady(pod) === false)
    .toSorted((a, b) => ordinalOf(a.ref.name) - ordinalOf(b.ref.name));
  if (stuck === undefined) return [];
  return [
    {
      object: set.ref,
      code: 'workload.rollout-stuck',
      severity: 'warning',
      message: `${formatObject(set.ref)} has ${pods.length} of ${wanted} pods: the next ones wait until ${stuck.ref.name} is ready`,
      evidence: [
        ...quoteField(stuck, '.metadata.name', stuck.ref.name, 0.4),
        ...quoteField(set, '.spec.replicas', wanted, 0.3),
      ],
      certainty: 0.7,
      consequence: true,
      through: [stuck.ref],
    },
  ];
}

function claimClasses(snapshot: Snapshot, set: Workload): Finding[] {
  if (!snapshot.kindsRead.has('storageclasses')) return [];
  const there = new Set([
    ...storageClasses(snapshot).map(({ ref }) => ref.name),
    ...persistentVolumes(snapshot).map(({ spec }) => spec?.storageClassName ?? ''),
  ]);
  return specOf(set).volumeClaimTemplates.flatMap(({ spec }): Finding[] => {
    const name = spec?.storageClassName;
    if (name === undefined || name === '' || there.has(name)) return [];
    // Pods that run have their volumes: the class was there once.
    const runs = podsOf(snapshot, set).some((pod) => isReady(pod) === true);
    return [
      {
        object: set.ref,
        code: 'storage.claim-class-missing',
        severity: runs ? 'warning' : 'error',
        message: `${formatObject(set.ref)} asks for volumes of class ${name}, which is not there`,
        evidence: quoteField(set, '.spec.volumeClaimTemplates[].spec.storageClassName', name, 0.7),
        certainty: 0.85,
        consequence: false,
      },
    ];
  });
}

/** A rollout that stops where it is told to, and one that waits for somebody to delete pods. */
function heldBack(set: Workload): Finding[] {
  const strategy = set.spec?.updateStrategy;
  const partition = strategy?.rollingUpdate?.partition ?? 0;
  const [wanted, due] = [wantedReplicas(set) ?? 0, replicasToUpdate(set) ?? 0];
  const updated = updatedReplicas(set);
  if (set.status?.updatedReplicas === undefined || updated >= wanted || !isObserved(set)) return [];
  if (due >= wanted) return [];
  const [field, value] =
    strategy?.type === 'OnDelete'
      ? ['.spec.updateStrategy.type', strategy.type]
      : ['.spec.updateStrategy.rollingUpdate.partition', partition];
  return [
    {
      object: set.ref,
      code: 'workload.rollout-paused',
      severity: 'info',
      message: `${formatObject(set.ref)}: ${updated} of ${wanted} pods are of the new template; its update strategy holds the others back`,
      evidence: quoteField(set, field, value, 0.6),
      certainty: 0.8,
      consequence: false,
    },
  ];
}

/** StatefulSets: the Service that names their pods, the order of their start, the volumes that they ask for. */
export const statefulSet = defineAnalyzer({
  name: 'stateful-set',
  kind: 'StatefulSet',
  analyze: (snapshot) =>
    snapshot.statefulSets
      .filter(({ terminating }) => !terminating)
      .flatMap((set) => [
        ...governingService(snapshot, set),
        ...orderedStart(snapshot, set),
        ...claimClasses(snapshot, set),
        ...heldBack(set),
      ]),
});
