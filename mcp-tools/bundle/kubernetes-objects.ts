import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';
import { viewOf } from '../kubernetes/object-view.ts';
import { type Bundle, type Items, notInBundle, readTogether } from './open-bundle.ts';
import { inForm, misfitOf } from './parse-json.ts';

/** What an item of a list is where it does not say so itself; kubectl's lists do. */
const knownTypes: Readonly<Record<string, readonly [apiVersion: string, kind: string]>> = {
  pods: ['v1', 'Pod'],
  services: ['v1', 'Service'],
  endpoints: ['v1', 'Endpoints'],
  configmaps: ['v1', 'ConfigMap'],
  secrets: ['v1', 'Secret'],
  events: ['v1', 'Event'],
  nodes: ['v1', 'Node'],
  namespaces: ['v1', 'Namespace'],
  serviceaccounts: ['v1', 'ServiceAccount'],
  resourcequotas: ['v1', 'ResourceQuota'],
  limitranges: ['v1', 'LimitRange'],
  persistentvolumes: ['v1', 'PersistentVolume'],
  persistentvolumeclaims: ['v1', 'PersistentVolumeClaim'],
  replicationcontrollers: ['v1', 'ReplicationController'],
  deployments: ['apps/v1', 'Deployment'],
  replicasets: ['apps/v1', 'ReplicaSet'],
  statefulsets: ['apps/v1', 'StatefulSet'],
  daemonsets: ['apps/v1', 'DaemonSet'],
  controllerrevisions: ['apps/v1', 'ControllerRevision'],
  jobs: ['batch/v1', 'Job'],
  cronjobs: ['batch/v1', 'CronJob'],
  endpointslices: ['discovery.k8s.io/v1', 'EndpointSlice'],
  ingresses: ['networking.k8s.io/v1', 'Ingress'],
  ingressclasses: ['networking.k8s.io/v1', 'IngressClass'],
  networkpolicies: ['networking.k8s.io/v1', 'NetworkPolicy'],
  storageclasses: ['storage.k8s.io/v1', 'StorageClass'],
  roles: ['rbac.authorization.k8s.io/v1', 'Role'],
  rolebindings: ['rbac.authorization.k8s.io/v1', 'RoleBinding'],
  clusterroles: ['rbac.authorization.k8s.io/v1', 'ClusterRole'],
  clusterrolebindings: ['rbac.authorization.k8s.io/v1', 'ClusterRoleBinding'],
  horizontalpodautoscalers: ['autoscaling/v2', 'HorizontalPodAutoscaler'],
  poddisruptionbudgets: ['policy/v1', 'PodDisruptionBudget'],
  priorityclasses: ['scheduling.k8s.io/v1', 'PriorityClass'],
  leases: ['coordination.k8s.io/v1', 'Lease'],
  validatingwebhookconfigurations: ['admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration'],
  mutatingwebhookconfigurations: ['admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration'],
  gateways: ['gateway.networking.k8s.io/v1', 'Gateway'],
  gatewayclasses: ['gateway.networking.k8s.io/v1', 'GatewayClass'],
  httproutes: ['gateway.networking.k8s.io/v1', 'HTTPRoute'],
};

/** The file's word for an object's kind: known ones by their plural, others by the common rule. */
export function pluralOfKind({ kind }: KubernetesObject): string {
  const known = Object.entries(knownTypes).find(([, [, name]]) => name === kind)?.[0];
  if (known !== undefined) return known;
  const word = kind.toLowerCase();
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`;
  return /(s|x|ch|sh)$/.test(word) ? `${word}es` : `${word}s`;
}

const folder = 'kubernetes/';

/** Kinds that the bundle holds, as plural words. */
export function kindsIn(bundle: Bundle): string[] {
  return bundle.paths
    .filter((path) => path.startsWith(folder) && path.endsWith('.json'))
    .map((path) => path.slice(folder.length, -'.json'.length))
    .filter((kind) => !kind.includes('/'));
}

/** The plural word of a kind that was asked for by its plural, its kind or its plural with its group. */
export function pluralAsked(bundle: Bundle, word: string): string {
  const plain = word.toLowerCase().split('.')[0] ?? word;
  const held = kindsIn(bundle);
  if (held.includes(plain)) return plain;
  const known = Object.entries(knownTypes).find(([, [, kind]]) => kind.toLowerCase() === plain)?.[0];
  return known ?? held.find((kind) => kind === `${plain}s` || kind === `${plain}es`) ?? plain;
}

const listSchema = z.looseObject({
  apiVersion: z.string().optional(),
  kind: z.string().optional(),
  items: z.array(z.unknown()).nullish(),
});

/** A list of one kind, as the API server gives it, says for its items what they are. */
function typeOfItems(
  plural: string,
  list: z.output<typeof listSchema>,
): { readonly apiVersion?: string; readonly kind: string } {
  const known = knownTypes[plural];
  if (known !== undefined) return { apiVersion: known[0], kind: known[1] };
  const ofList = list.kind === 'List' ? '' : (list.kind ?? '').replace(/List$/, '');
  if (ofList === '') return { kind: plural };
  return { kind: ofList, ...(list.apiVersion === undefined ? {} : { apiVersion: list.apiVersion }) };
}

function viewed(path: string, plural: string, value: unknown): Items<KubernetesObject> {
  const list = inForm(path, value, listSchema);
  const type = typeOfItems(plural, list);
  const misfits: string[] = [];
  const items = (list.items ?? []).flatMap((raw, index) => {
    try {
      return [viewOf(raw, type)];
    } catch (error) {
      if (!(error instanceof z.ZodError)) throw error;
      misfits.push(`items.${index}: ${misfitOf(error)}`);
      return [];
    }
  });
  const gaps = misfits.length === 0 ? [] : [`${path}: left out: ${misfits.slice(0, 3).join('; ')}`];
  return { items, gaps };
}

/**
 * Objects of a kind, as they may be shown: of Secrets the keys alone. Undefined where the bundle does not hold the kind;
 * throws `bad-input` for a file that is malformed.
 */
export function readKind(bundle: Bundle, plural: string): Promise<Items<KubernetesObject> | undefined> {
  const path = `${folder}${plural}.json`;
  return bundle.once(path, async () => {
    const value = await bundle.json(path);
    return value === undefined ? undefined : viewed(path, plural, value);
  });
}

/**
 * Objects of several kinds, with a gap for each that is not there or is malformed. Throws `unavailable` where the bundle holds
 * no Kubernetes objects at all.
 */
export async function readKinds(
  bundle: Bundle,
  plurals: readonly string[],
): Promise<{ readonly byKind: ReadonlyMap<string, readonly KubernetesObject[]>; readonly gaps: string[] }> {
  if (kindsIn(bundle).length === 0) throw new UnderstudyError('unavailable', notInBundle('kubernetes'));
  const held = plurals.filter((plural) => kindsIn(bundle).includes(plural));
  const absent = plurals.filter((plural) => !held.includes(plural));
  const reads = await Promise.all(
    held.map(async (plural) => {
      const read = await readTogether([readKind(bundle, plural)]);
      return { plural, items: read.items, gaps: read.gaps.map((gap) => `${plural}: ${gap}`) };
    }),
  );
  return {
    byKind: new Map(reads.map(({ plural, items }) => [plural, items])),
    // A gap names the kind, so that nobody takes its absence for an answer.
    gaps: [
      ...(absent.length === 0 ? [] : [notInBundle(absent.join(', '))]),
      ...reads.flatMap(({ gaps }) => gaps),
    ],
  };
}

/** Objects of several kinds as far as they are held and can be read, for those who have other sources too. */
export async function heldObjects(
  bundle: Bundle,
  plurals: readonly string[],
): Promise<ReadonlyMap<string, readonly KubernetesObject[]>> {
  if (kindsIn(bundle).length === 0) return new Map();
  return (await readKinds(bundle, plurals)).byKind;
}

/** Objects of a namespace and those that live in none; all of them where none is asked for. */
export function inNamespace(
  objects: readonly KubernetesObject[],
  namespace: string | undefined,
): KubernetesObject[] {
  return objects.filter(
    ({ metadata }) =>
      namespace === undefined || metadata.namespace === undefined || metadata.namespace === namespace,
  );
}
