import type { ToolOutput } from '#domain/tools/define-tool.ts';
import type {
  KubernetesEvent,
  kubernetesListEvents,
  kubernetesListObjects,
  kubernetesListRevisions,
  Revision,
} from '#domain/tools/kubernetes.ts';
import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';
import { digestOfPage } from '../runtime/digest.ts';

/** What models read of the answers: a line an object, the state before the specification. */

/** The status, where it says something; for what has none (a Service, a ConfigMap, a role) everything else. */
function stateOf(object: KubernetesObject): unknown {
  const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, status, ...rest } = object;
  const says =
    typeof status === 'object' &&
    status !== null &&
    Object.keys(status).some((key) => key !== 'loadBalancer');
  return says ? status : rest;
}

function lineOfObject(object: KubernetesObject): string {
  const { name, namespace, deletionTimestamp } = object.metadata;
  const id = `${object.kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
  const leaving = deletionTimestamp === undefined || deletionTimestamp === null ? '' : ' (being deleted)';
  return `${id}${leaving} ${JSON.stringify(stateOf(object))}`;
}

function lineOfEvent(event: KubernetesEvent): string {
  const where = event.namespace === undefined ? event.name : `${event.namespace}/${event.name}`;
  return `${event.lastAt ?? '?'} ${event.type} ${event.reason} ${event.kind} ${where} (${event.count}x): ${event.message}`;
}

function imagesOf(template: Readonly<Record<string, unknown>>): string {
  return [...JSON.stringify(template).matchAll(/"image":"([^"]+)"/g)].map((match) => match[1]).join(', ');
}

function lineOfRevision(revision: Revision): string {
  const { kind, namespace, name } = revision.workload;
  const cause = revision.changeCause === undefined ? '' : ` cause: ${revision.changeCause}`;
  const ready = revision.ready === undefined ? '' : ` ready ${revision.ready}/${revision.replicas ?? 0}`;
  return `${kind} ${namespace}/${name} revision ${revision.revision}${revision.current ? ' (current)' : ''} of ${revision.createdAt ?? '?'}${ready} images ${imagesOf(revision.template)}${cause}`;
}

export const digestObjects = (page: ToolOutput<typeof kubernetesListObjects>): string =>
  digestOfPage(page, lineOfObject);
export const digestEvents = (page: ToolOutput<typeof kubernetesListEvents>): string =>
  digestOfPage(page, lineOfEvent);
export const digestRevisions = (page: ToolOutput<typeof kubernetesListRevisions>): string =>
  digestOfPage(page, lineOfRevision);
