import type { Labels } from '#domain/alert.ts';
import type { Incident } from '#domain/incident.ts';
import { type ObjectRef, objectKey } from '#domain/object-ref.ts';
import { alertsOf } from '#store/deliveries.ts';
import type { Tx } from '#store/pool.ts';
import { stepsOf } from '#store/steps.ts';

/** What an open incident is about, as far as its alerts and its steps say. */
export type Attention = {
  readonly service?: string;
  readonly cluster?: string;
  readonly labels: readonly Labels[];
  readonly objectKeys: readonly string[];
};

export async function attentionOf(tx: Tx, { id, service, cluster }: Incident): Promise<Attention> {
  const [alerts, steps] = await Promise.all([alertsOf(tx, id), stepsOf(tx, id)]);
  return {
    ...(service === undefined ? {} : { service }),
    ...(cluster === undefined ? {} : { cluster }),
    labels: alerts.map((alert) => alert.labels),
    objectKeys: steps.map((step) => objectKey(step.object)),
  };
}

/** Labels that name what an alert is about, beside the one that is called like the object's kind. */
const nameLabels = ['service', 'app', 'deployment', 'statefulset', 'daemonset', 'pod', 'node', 'instance'];

/** A pod's name begins with that of its workload. */
function isNameOf(object: ObjectRef, label: string, value: string): boolean {
  if (value === object.name) return true;
  if (label === 'pod') return value.startsWith(`${object.name}-`);
  return object.kind === 'Pod' && object.name.startsWith(`${value}-`);
}

/**
 * True where an open incident has this object already, so that a patrol need not open another one. The name alone does not
 * say it: the same one lives in other namespaces and on other clusters.
 * @param clusters as we call them; a label that calls one otherwise says nothing
 */
export function attends(attention: Attention, object: ObjectRef, clusters: readonly string[]): boolean {
  if (attention.objectKeys.includes(objectKey(object))) return true;
  if (attention.cluster !== undefined && attention.cluster !== object.cluster) return false;
  return attention.labels.some((labels) => {
    const { cluster, namespace } = labels;
    if (cluster !== undefined && clusters.includes(cluster) && cluster !== object.cluster) return false;
    if (namespace !== undefined && object.namespace !== undefined && namespace !== object.namespace)
      return false;
    if (attention.service === object.name) return true;
    return [...nameLabels, object.kind.toLowerCase()].some((label) => {
      const value = labels[label];
      return value !== undefined && value !== '' && isNameOf(object, label, value);
    });
  });
}
