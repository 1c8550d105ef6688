import type { Evidence } from '#domain/evidence.ts';
import {
  type KubernetesEvent,
  kubernetesListEvents,
  kubernetesListObjects,
  kubernetesListRevisions,
  type Revision,
} from '#domain/tools/kubernetes.ts';
import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';
import { pluralOfKind } from '../kubernetes-objects.ts';
import { answersTo, asFileName, jsonFile, lastOfEach } from './answers.ts';

function listFile(plural: string, items: readonly unknown[]): [string, string] {
  return jsonFile(`kubernetes/${asFileName(plural)}.json`, { apiVersion: 'v1', kind: 'List', items });
}

function keyOf({ apiVersion, kind, metadata }: KubernetesObject): string {
  return [apiVersion ?? '', kind, metadata.namespace ?? '', metadata.name].join('|');
}

/** A kind that was asked for, by its plural word without its group. */
function plainPlural(kind: string): string {
  return kind.toLowerCase().split('.')[0] ?? kind;
}

/** Kinds that some answer read to its end: an empty list is told of them, and nothing of the others. */
function kindsRead(evidence: readonly Evidence[]): Set<string> {
  const read = new Set<string>();
  for (const { input, output, gaps } of answersTo(evidence, kubernetesListObjects)) {
    const told = [...gaps, ...output.gaps].join('\n').toLowerCase();
    for (const kind of input.kinds) {
      const plural = plainPlural(kind);
      if (!output.truncated && !new RegExp(`\\b${plural}\\b`).test(told)) read.add(plural);
    }
  }
  return read;
}

function eventObject(event: KubernetesEvent, index: number): unknown {
  const { namespace, kind, name, type, reason, message, count, firstAt, lastAt, source } = event;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.${index}`, ...(namespace === undefined ? {} : { namespace }) },
    involvedObject: { kind, name, ...(namespace === undefined ? {} : { namespace }) },
    ...{ type, reason, message, count },
    ...(firstAt === undefined ? {} : { firstTimestamp: firstAt }),
    ...(lastAt === undefined ? {} : { lastTimestamp: lastAt }),
    ...(source === undefined ? {} : { source: { component: source } }),
  };
}

/** What keeps the history of workloads whose ReplicaSets are none: as their controllers keep it. */
function controllerRevision({ workload, revision, createdAt, template }: Revision): unknown {
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${workload.name}-${revision}`,
      namespace: workload.namespace,
      ...(createdAt === undefined ? {} : { creationTimestamp: createdAt }),
      ownerReferences: [{ kind: workload.kind, name: workload.name, controller: true }],
    },
    revision,
    data: { spec: { template } },
  };
}

/** Objects, events and revisions of the evidence, as `kubectl` would print them. */
export function kubernetesFiles(evidence: readonly Evidence[]): [string, string][] {
  const objects = lastOfEach(
    answersTo(evidence, kubernetesListObjects).flatMap(({ output }) => output.items),
    keyOf,
  );
  const byPlural = Map.groupBy(objects, pluralOfKind);
  const plurals = new Set([...byPlural.keys(), ...kindsRead(evidence)]);
  const events = answersTo(evidence, kubernetesListEvents);
  const told = lastOfEach(
    events.flatMap(({ output }) => output.items),
    (event) => JSON.stringify(event),
  );
  const revisions = answersTo(evidence, kubernetesListRevisions);
  const kept = lastOfEach(
    revisions.flatMap(({ output }) => output.items).filter(({ workload }) => workload.kind !== 'Deployment'),
    ({ workload, revision }) => `${workload.kind}|${workload.namespace}|${workload.name}|${revision}`,
  );
  return [
    ...[...plurals].sort().map((plural) => listFile(plural, byPlural.get(plural) ?? [])),
    ...(events.length === 0 ? [] : [listFile('events', told.map(eventObject))]),
    ...(revisions.length === 0 ? [] : [listFile('controllerrevisions', kept.map(controllerRevision))]),
  ];
}
