import type { CauseCode } from '#domain/causes/codes.ts';
import type { Quote } from '#domain/diagnosis.ts';
import { formatObject, type ObjectRef } from '#domain/object-ref.ts';
import type { ConfigObject } from '../analysis/kubernetes/others.ts';
import { controllerRef, servingPods, workloadAt } from '../analysis/kubernetes/owners.ts';
import type { ContainerStatus, Pod } from '../analysis/kubernetes/pod.ts';
import { type ObjectReference, referencesOf } from '../analysis/kubernetes/pod-template.ts';
import { formerRevision } from '../analysis/kubernetes/revisions.ts';
import { eventsOf, isRead, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { quoteEvent, quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';
import { missingKeyFinding } from './missing-key.ts';
import { startFailureOf } from './start-failures.ts';

type Missing = { readonly kind: 'ConfigMap' | 'Secret'; readonly name: string; readonly key?: string };

/** What the kubelet says is missing: `configmap "x" not found`, `couldn't find key K in ConfigMap ns/x`, `references non-existent config key: K`. */
export function missingIn(message: string, pod: Pod | undefined): Missing | undefined {
  const key = /couldn't find key (\S+) in (ConfigMap|Secret) [^/\s]+\/(\S+)/.exec(message);
  if (key?.[1] !== undefined && key[3] !== undefined) {
    return { kind: key[2] === 'Secret' ? 'Secret' : 'ConfigMap', name: key[3], key: key[1] };
  }
  const whole = /(configmap|secret)s? "([^"]+)" not found/i.exec(message);
  if (whole?.[2] !== undefined)
    return { kind: /secret/i.test(whole[1] ?? '') ? 'Secret' : 'ConfigMap', name: whole[2] };
  const item = /references non-existent (config|secret) key: (\S+)/.exec(message);
  if (item?.[2] === undefined) return undefined;
  const kind = item[1] === 'secret' ? 'Secret' : 'ConfigMap';
  const reference = referencesOf(pod?.spec).find(
    (candidate) => candidate.kind === kind && candidate.key === item[2],
  );
  return reference === undefined ? undefined : { kind, name: reference.name, key: item[2] };
}

const codes: Readonly<Record<'ConfigMap' | 'Secret', readonly [CauseCode, CauseCode]>> = {
  ConfigMap: ['config.configmap-missing', 'config.configmap-key-missing'],
  Secret: ['config.secret-missing', 'config.secret-key-missing'],
};

export function missingCode({ kind, key }: Missing): CauseCode {
  return codes[kind][key === undefined ? 0 : 1];
}

function configObjectAt(
  snapshot: Snapshot,
  namespace: string | undefined,
  { kind, name }: Missing,
): ConfigObject | undefined {
  const list = kind === 'ConfigMap' ? snapshot.configMaps : snapshot.secrets;
  return list.find(({ ref }) => ref.name === name && ref.namespace === namespace);
}

/** True where a rollout brought the reference: the former revision did not ask for it. */
function broughtByRollout(snapshot: Snapshot, object: ObjectRef, missing: Missing): boolean {
  const workload = workloadAt(snapshot, object);
  const former =
    workload === undefined
      ? undefined
      : formerRevision(snapshot, workload, ['environment', 'volumes'])?.former;
  if (former === undefined) return false;
  return !referencesOf(former.template.spec).some(
    ({ kind, name, key }) => kind === missing.kind && name === missing.name && key === missing.key,
  );
}

type Context = {
  readonly snapshot: Snapshot;
  readonly object: ObjectRef;
  readonly missing: Missing;
  readonly evidence: readonly Quote[];
  readonly through: readonly ObjectRef[];
  readonly since: string | undefined;
  readonly severity: Finding['severity'];
  readonly certainty: number;
};

function findingFor({
  snapshot,
  object,
  missing,
  evidence,
  through,
  since,
  severity,
  certainty,
}: Context): Finding {
  const { kind, name, key } = missing;
  const holder = configObjectAt(snapshot, object.namespace, missing);
  const what = key === undefined ? `${kind} ${name}` : `key ${key} of ${kind} ${name}`;
  const message = `${formatObject(object)} needs ${what}, which is not there`;
  const rollout = broughtByRollout(snapshot, object, missing);
  if (!rollout && kind === 'ConfigMap' && key !== undefined && holder !== undefined) {
    return missingKeyFinding(snapshot, holder, key, {
      severity,
      message,
      evidence,
      certainty,
      through: [...through, object],
      ...(since === undefined ? {} : { since }),
    });
  }
  const { cluster, namespace } = object;
  const gone: ObjectRef = { cluster, kind, name, ...(namespace === undefined ? {} : { namespace }) };
  return {
    object: rollout ? object : gone,
    code: missingCode(missing),
    severity,
    message,
    evidence,
    certainty,
    consequence: false,
    ...(since === undefined ? {} : { since }),
    through: rollout ? through : [...through, object],
    ...(rollout ? { fixHint: { facets: ['environment', 'volumes'] as const } } : {}),
  };
}

function waitingFinding(snapshot: Snapshot, pod: Pod, status: ContainerStatus): Finding[] {
  const waiting = status.state?.waiting;
  if (waiting?.reason !== 'CreateContainerConfigError') return [];
  const object = controllerRef(snapshot, pod);
  const event = eventsOf(snapshot, pod.ref).find(
    ({ reason, message }) => reason === 'Failed' && message.startsWith('Error:'),
  );
  const message = waiting.message ?? event?.message ?? '';
  const evidence = [
    ...quoteField(
      pod,
      `.status.containerStatuses[${status.name}].state.waiting.message`,
      waiting.message,
      0.8,
    ),
    ...quoteEvent(event, 0.5),
    ...quoteField(pod, `.status.containerStatuses[${status.name}].state.waiting.reason`, waiting.reason, 0.3),
  ];
  const since = pod.createdAt;
  const missing = missingIn(message, pod);
  if (missing !== undefined) {
    return [
      findingFor({
        snapshot,
        object,
        missing,
        evidence,
        through: [pod.ref],
        since,
        severity: 'error',
        certainty: 0.95,
      }),
    ];
  }
  const root = /runAsNonRoot|non-root/i.test(message);
  const other = startFailureOf(message) ?? 'config.other';
  return [
    {
      object,
      code: root ? 'container.user-not-allowed' : other,
      severity: 'error',
      message: `${formatObject(pod.ref)}: container ${status.name} cannot be configured: ${message.slice(0, 200)}`,
      evidence,
      certainty: root || other !== 'config.other' ? 0.9 : 0.75,
      consequence: false,
      ...(since === undefined ? {} : { since }),
      through: [pod.ref],
      fixHint: { facets: ['environment', 'volumes', 'security'] },
    },
  ];
}

function mountFindings(snapshot: Snapshot, pod: Pod): Finding[] {
  if (pod.status?.phase !== 'Pending') return [];
  const told = eventsOf(snapshot, pod.ref)
    .filter(({ reason }) => reason === 'FailedMount')
    .map((event) => ({ event, missing: missingIn(event.message, pod) }));
  const { event, missing } = told.find((one) => one.missing !== undefined) ?? {};
  if (event === undefined || missing === undefined) return [];
  // It has been made since: the kubelet looks again within minutes.
  if (missing.key === undefined && configObjectAt(snapshot, pod.ref.namespace, missing) !== undefined)
    return [];
  const object = controllerRef(snapshot, pod);
  return [
    findingFor({
      snapshot,
      object,
      missing,
      evidence: quoteEvent(event, 0.8),
      through: [pod.ref],
      since: event.firstAt ?? pod.createdAt,
      severity: 'error',
      certainty: 0.95,
    }),
  ];
}

/** It has its node, and none of its containers has started: what the kubelet waits for may be this. */
function isKeptFromStarting({ status, spec }: Pod): boolean {
  const statuses = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return (
    status?.phase === 'Pending' &&
    spec?.nodeName !== undefined &&
    statuses.some(({ state }) =>
      /ContainerCreating|PodInitializing|ConfigError/.test(state?.waiting?.reason ?? ''),
    ) &&
    statuses.every(({ state }) => state?.running === undefined && state?.terminated === undefined)
  );
}

/** References that cannot be met: a pod waits for them, or its next restart will stumble over them. */
function danglingReference(snapshot: Snapshot, pod: Pod, reference: ObjectReference): Finding[] {
  const plural = reference.kind === 'ConfigMap' ? 'configmaps' : 'secrets';
  if (reference.optional || !isRead(snapshot, plural, pod.ref.namespace)) return [];
  const holder = configObjectAt(snapshot, pod.ref.namespace, reference);
  const keyThere = reference.key === undefined || holder?.keys.includes(reference.key) === true;
  if (holder !== undefined && keyThere) return [];
  const object = controllerRef(snapshot, pod);
  const missing: Missing = {
    kind: reference.kind,
    name: reference.name,
    ...(reference.key === undefined || holder === undefined ? {} : { key: reference.key }),
  };
  const evidence = quoteField(pod, `.spec (${reference.place})`, missing.key ?? reference.name, 0.4);
  const waits = isKeptFromStarting(pod);
  return [
    findingFor({
      snapshot,
      object,
      missing,
      evidence,
      through: [pod.ref],
      since: waits ? pod.createdAt : undefined,
      severity: waits ? 'error' : 'warning',
      certainty: waits ? 0.85 : 0.7,
    }),
  ];
}

/** ConfigMaps, Secrets and keys that pods need and that are not there. */
export const podConfig = defineAnalyzer({
  name: 'pod-config',
  kind: 'Pod',
  analyze: (snapshot) =>
    servingPods(snapshot).flatMap((pod) => [
      ...[...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])].flatMap(
        (status) => waitingFinding(snapshot, pod, status),
      ),
      ...mountFindings(snapshot, pod),
      ...referencesOf(pod.spec).flatMap((reference) => danglingReference(snapshot, pod, reference)),
    ]),
});
