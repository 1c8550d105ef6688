import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';

/** Somebody who keeps an object as they want it, and would take a change back. */
type OwnerRule = {
  readonly owner: string;
  readonly labels?: Readonly<Record<string, RegExp>>;
  readonly annotations?: Readonly<Record<string, RegExp>>;
  /** Where the change belongs instead. */
  readonly instead: string;
};

const any = /./;

const ownerRules: readonly OwnerRule[] = [
  {
    owner: 'Argo CD',
    labels: { 'argocd.argoproj.io/instance': any },
    annotations: { 'argocd.argoproj.io/tracking-id': any },
    instead: 'change it in Git',
  },
  {
    owner: 'Flux',
    labels: { 'kustomize.toolkit.fluxcd.io/name': any, 'helm.toolkit.fluxcd.io/name': any },
    instead: 'change it in Git',
  },
  {
    owner: 'Helm',
    labels: { 'app.kubernetes.io/managed-by': /^Helm$/i },
    annotations: { 'meta.helm.sh/release-name': any },
    instead: 'change the release',
  },
  {
    owner: 'Config Sync',
    annotations: { 'configmanagement.gke.io/managed': /^enabled$/, 'configsync.gke.io/manager': any },
    instead: 'change it in Git',
  },
  { owner: 'Fleet', labels: { 'objectset.rio.cattle.io/hash': any }, instead: 'change it in Git' },
  { owner: 'kapp', labels: { 'kapp.k14s.io/app': any }, instead: 'change the app' },
  {
    owner: 'the add-on manager',
    labels: { 'addonmanager.kubernetes.io/mode': /^Reconcile$/ },
    instead: 'change the add-on',
  },
  {
    owner: 'an operator',
    labels: { 'app.kubernetes.io/managed-by': /operator|controller/i, 'olm.owner': any },
    instead: 'change what the operator reads',
  },
];

function fits(
  wanted: Readonly<Record<string, RegExp>> | undefined,
  values: Readonly<Record<string, string>> | undefined,
): boolean {
  return Object.entries(wanted ?? {}).some(([name, pattern]) => {
    const value = values?.[name];
    return value !== undefined && pattern.test(value);
  });
}

/** Who would take a change of this object back, in words, or undefined where nobody would. */
export function revertingOwner(object: KubernetesObject): string | undefined {
  const controller = (object.metadata.ownerReferences ?? []).find((owner) => owner.controller === true);
  if (controller !== undefined) {
    return `${controller.kind} ${controller.name} controls it and would take the change back; change that instead`;
  }
  const { labels, annotations } = object.metadata;
  const rule = ownerRules.find((r) => fits(r.labels, labels) || fits(r.annotations, annotations));
  return rule === undefined
    ? undefined
    : `${rule.owner} manages it and would take the change back; ${rule.instead}`;
}
