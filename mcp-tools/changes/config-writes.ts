import { fromMs } from '#domain/time.ts';
import type { Change } from '#domain/tools/changes.ts';
import { type ChangingKind, type ClusterObjects, type Described, describe } from './cluster-objects.ts';
import { type FieldWrite, fieldWrites, mergeBySecond } from './managed-fields.ts';
import { serviceOf, workloadsOf } from './rollouts.ts';

/** Writes of configuration: changes that leave no revision. */

/** A write this soon after the object was made is a part of making it. */
const birthMs = 1_500;

const configKinds: readonly (readonly [ChangingKind, string])[] = [
  ['configmaps', 'ConfigMap'],
  ['services', 'Service'],
  ['ingresses', 'Ingress'],
  ['networkpolicies', 'NetworkPolicy'],
  ['horizontalpodautoscalers', 'HorizontalPodAutoscaler'],
  ['resourcequotas', 'ResourceQuota'],
];

/** Written by the cluster for itself, again and again: locks and the bundle of its authority. */
function isHousekeeping({ metadata }: Described): boolean {
  return (
    metadata.name === 'kube-root-ca.crt' || 'control-plane.alpha.kubernetes.io/leader' in metadata.annotations
  );
}

function isContent(field: string): boolean {
  return field.startsWith('spec') || field.startsWith('data') || field.startsWith('binaryData');
}

const shownFields = 8;

function configChange(
  kind: string,
  described: Described,
  write: FieldWrite,
  users: readonly string[],
): Change {
  const at = fromMs(write.atMs);
  const { name, namespace } = described.metadata;
  const id = `${kind}/${namespace}/${name}`;
  const fields = write.fields.filter(isContent);
  const service = kind === 'Service' ? name : users[0];
  const isBirth = write.atMs - Date.parse(described.metadata.creationTimestamp ?? '') < birthMs;
  const what = isBirth ? 'was created' : 'was written';
  return {
    id: `${id}@${at}`,
    at,
    kind: 'config',
    ...(service === undefined ? {} : { service }),
    namespace,
    // The writer's fields, not the changed ones: the API server does not keep what was there before.
    summary: `${id} ${what} by ${write.manager} (its fields: ${fields.slice(0, shownFields).join(', ')})`,
    details: {
      ...{ kind, name, writer: write.manager, fields },
      ...(isBirth ? { created: true } : {}),
      ...(users.length === 0 ? {} : { usedBy: users }),
    },
  };
}

/** Services whose pods mount a ConfigMap or take variables from it, by `namespace/name`. */
function usersOfConfigMaps(objects: ClusterObjects): ReadonlyMap<string, readonly string[]> {
  const users = new Map<string, string[]>();
  for (const { raw, described } of workloadsOf(objects)) {
    const references = JSON.stringify(raw).matchAll(
      /"(?:configMapRef|configMapKeyRef|configMap)":\{[^{}]*?"name":"([^"]+)"/g,
    );
    for (const [, name] of references) {
      const key = `${described.metadata.namespace}/${name}`;
      const service = serviceOf(described);
      const known = users.get(key) ?? [];
      if (!known.includes(service)) users.set(key, [...known, service]);
    }
  }
  return users;
}

/** The last write of each writer to what steers services without a rollout. */
export function configWrites(objects: ClusterObjects): Change[] {
  const users = usersOfConfigMaps(objects);
  return configKinds.flatMap(([plural, kind]) =>
    objects[plural].flatMap((raw) => {
      const described = describe(raw);
      if (described === undefined || isHousekeeping(described)) return [];
      const { name, namespace } = described.metadata;
      const usedBy = kind === 'ConfigMap' ? (users.get(`${namespace}/${name}`) ?? []) : [];
      return mergeBySecond(fieldWrites(raw).filter((write) => write.fields.some(isContent))).map((write) =>
        configChange(kind, described, write, usedBy),
      );
    }),
  );
}
