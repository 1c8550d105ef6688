import { z } from 'zod';
import { type PatchOperation, pointer } from '#domain/actions/json-patch.ts';
import type { Service } from '../analysis/kubernetes/networking.ts';
import { podsOf, workloadsSelected } from '../analysis/kubernetes/owners.ts';
import { lastApplied } from '../analysis/kubernetes/partial.ts';
import { isLive } from '../analysis/kubernetes/pod.ts';
import { longRunning, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { podLabels, selects, type Workload } from '../analysis/kubernetes/workload.ts';

type Labels = Readonly<Record<string, string>>;

export type MeantSelector = {
  readonly selector: Labels;
  readonly workload: Workload;
  readonly certainty: number;
  /** It is what was last applied from a manifest, and not concluded. */
  readonly applied: boolean;
};

const appliedSchema = z.object({ spec: z.object({ selector: z.record(z.string(), z.string()) }) });

/** Labels that say what an application is called, and not which part or version of it a pod is. */
const nameKeys = [
  'app.kubernetes.io/name',
  'app.kubernetes.io/instance',
  'app',
  'k8s-app',
  'name',
  'component',
  'app.kubernetes.io/component',
];

function portsFit(service: Service, workload: Workload): boolean {
  const declared = (workload.spec?.template?.spec?.containers ?? []).flatMap(({ ports }) => ports);
  return (service.spec?.ports ?? []).some(({ port, targetPort }) =>
    declared.some(
      ({ name, containerPort }) =>
        (targetPort ?? port) === containerPort || (targetPort !== undefined && targetPort === name),
    ),
  );
}

/** How much speaks for a workload being the one that a service is meant for; 0: nothing. */
function kinship(snapshot: Snapshot, service: Service, workload: Workload): number {
  const labels = podLabels(workload);
  const selector = service.spec?.selector ?? {};
  const names = [service.ref.name, ...nameKeys.map((key) => service.labels[key])].filter(
    (name) => name !== undefined,
  );
  const sameName =
    names.includes(workload.ref.name) ||
    nameKeys.some((key) => labels[key] !== undefined && names.includes(labels[key]));
  const agreeing = Object.entries(selector).filter(([key, value]) => labels[key] === value).length;
  const orphaned = !snapshot.services.some(
    ({ ref, spec }) =>
      ref.namespace === service.ref.namespace &&
      ref.name !== service.ref.name &&
      selects(spec?.selector ?? {}, labels),
  );
  const kin = (sameName ? 4 : 0) + (agreeing > 0 ? 2 : 0);
  // Ports and loneliness support a kinship; alone they are chance.
  return kin === 0 && !(orphaned && portsFit(service, workload))
    ? 0
    : kin + (orphaned ? 1 : 0) + (portsFit(service, workload) ? 1 : 0);
}

/**
 * True for a label that pods are given while they run: which of them leads, which may be asked. No template tells of it, and
 * while nobody leads no pod has the value that a Service asks for. To take the key out would send writes to followers.
 */
function isGivenWhileRunning(snapshot: Snapshot, service: Service, workload: Workload, key: string): boolean {
  const { namespace } = service.ref;
  const own = podLabels(workload)[key];
  if (own !== undefined)
    return podsOf(snapshot, workload).some((pod) => isLive(pod) && pod.labels[key] !== own);
  return (
    snapshot.pods.some((pod) => pod.ref.namespace === namespace && key in pod.labels) ||
    snapshot.services.some(
      ({ ref, spec }) =>
        ref.namespace === namespace && ref.name !== service.ref.name && key in (spec?.selector ?? {}),
    )
  );
}

/**
 * The selector with its wrong pairs put right from a workload's labels; keys that no pod has are dropped. Undefined where
 * labels that are given to running pods decide.
 */
function correctedSelector(snapshot: Snapshot, service: Service, workload: Workload): Labels | undefined {
  const selector = service.spec?.selector ?? {};
  const labels = podLabels(workload);
  const keys = Object.keys(selector);
  if (keys.some((key) => isGivenWhileRunning(snapshot, service, workload, key))) return undefined;
  const kept = keys.flatMap((key) => (labels[key] === undefined ? [] : [[key, labels[key]] as const]));
  if (kept.length > 0) return Object.fromEntries(kept);
  const key = nameKeys.find((candidate) => labels[candidate] !== undefined);
  return key === undefined ? labels : { [key]: labels[key] ?? '' };
}

function fromApplied(snapshot: Snapshot, service: Service): MeantSelector | undefined {
  const applied = appliedSchema.safeParse(lastApplied(service));
  if (!applied.success) return undefined;
  const { selector } = applied.data.spec;
  const [workload] = workloadsSelected(snapshot, service.ref.namespace, selector);
  return workload === undefined ? undefined : { selector, workload, certainty: 0.97, applied: true };
}

function bestKin(snapshot: Snapshot, service: Service): MeantSelector | undefined {
  const ranked = longRunning(snapshot)
    .filter(({ ref }) => ref.namespace === service.ref.namespace)
    .map((workload) => ({ workload, score: kinship(snapshot, service, workload) }))
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score);
  const [best, next] = ranked;
  if (best === undefined || best.score === next?.score) return undefined;
  const selector = correctedSelector(snapshot, service, best.workload);
  return selector === undefined
    ? undefined
    : { selector, workload: best.workload, certainty: best.score >= 5 ? 0.93 : 0.75, applied: false };
}

/** True where the service takes in pods, but of a workload that has another service, while its namesake has none. */
function selectsStranger(
  snapshot: Snapshot,
  service: Service,
  selected: readonly Workload[],
  meant: MeantSelector,
): boolean {
  const namesake = meant.workload.ref.name === service.ref.name;
  const strangers = selected.every(({ ref }) => ref.name !== service.ref.name);
  const taken = selected.every((workload) =>
    snapshot.services.some(
      ({ ref, spec }) =>
        ref.namespace === service.ref.namespace &&
        ref.name === workload.ref.name &&
        selects(spec?.selector ?? {}, podLabels(workload)),
    ),
  );
  return namesake && strangers && taken;
}

/**
 * The selector that a service is meant to have and has not: undefined where its selector is right, or where nothing tells
 * which pods it is meant for. Pods of the selector that nobody manages (without a workload) count as selected.
 */
export function rightSelector(snapshot: Snapshot, service: Service): MeantSelector | undefined {
  const selector = service.spec?.selector ?? {};
  const { namespace } = service.ref;
  const selected = workloadsSelected(snapshot, namespace, selector);
  const pods = snapshot.pods.some(
    ({ ref, labels }) => ref.namespace === namespace && selects(selector, labels),
  );
  const meant = fromApplied(snapshot, service) ?? bestKin(snapshot, service);
  if (meant === undefined || selected.includes(meant.workload)) return undefined;
  if (selected.length === 0 && !pods) return meant;
  return selectsStranger(snapshot, service, selected, meant) ? { ...meant, certainty: 0.85 } : undefined;
}

/** Patch operations that turn one selector into the other. */
export function selectorOperations(from: Labels, to: Labels): PatchOperation[] {
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  if (!keys.some((key) => from[key] !== undefined && to[key] !== undefined))
    return [{ op: 'replace', path: '/spec/selector', value: to }];
  return keys.flatMap((key): PatchOperation[] => {
    const path = pointer('spec', 'selector', key);
    if (from[key] === to[key]) return [];
    if (to[key] === undefined) return [{ op: 'remove', path }];
    return [{ op: from[key] === undefined ? 'add' : 'replace', path, value: to[key] }];
  });
}
