import type { ServiceEntry } from '#domain/agent-turn.ts';
import type { ObjectRef } from '#domain/object-ref.ts';
import type { Service } from './networking.ts';
import { workloadAt, workloadsSelected } from './owners.ts';
import { longRunning, type Snapshot } from './snapshot.ts';
import { podLabels, type Workload } from './workload.ts';

/** A service as people and metrics name it, with the objects that it is made of. */
export type Entity = {
  readonly service: string;
  readonly workloads: readonly Workload[];
  readonly services: readonly Service[];
};

const nameLabels = ['app.kubernetes.io/name', 'app', 'k8s-app', 'name'] as const;

function nameByLabel(labels: Readonly<Record<string, string>>): string | undefined {
  return nameLabels.map((label) => labels[label]).find((value) => value !== undefined && value !== '');
}

/** The plain name of `cart`, `shop/cart` and `cart.shop.svc.cluster.local`. */
function plainName(service: string): string {
  const withoutNamespace = service.slice(service.indexOf('/') + 1);
  return /\.svc(\.|$)/.test(withoutNamespace)
    ? (withoutNamespace.split('.')[0] ?? service)
    : withoutNamespace;
}

/**
 * Objects behind a service's name: the catalogue's word first, then a Service of the name and the workloads that it selects,
 * then a workload of the name, then one that is labelled with it.
 */
export function entityOf(snapshot: Snapshot, service: string, catalogue: readonly ServiceEntry[]): Entity {
  const name = plainName(service);
  const entry = catalogue.find(
    (candidate) => candidate.service === service && candidate.cluster === snapshot.cluster,
  );
  const inNamespace = ({ ref }: { ref: ObjectRef }) =>
    entry?.namespace === undefined || ref.namespace === entry.namespace;
  const services = snapshot.services.filter(
    (candidate) => candidate.ref.name === name && inNamespace(candidate),
  );
  const all = longRunning(snapshot).filter(inNamespace);
  const rankings = [
    all.filter(({ ref }) => ref.name === entry?.workload?.name && ref.kind === entry.workload.kind),
    services.flatMap(({ ref, spec }) => workloadsSelected(snapshot, ref.namespace, spec?.selector ?? {})),
    all.filter(({ ref }) => ref.name === name),
    all.filter((workload) => nameByLabel(podLabels(workload)) === name),
  ];
  const workloads = rankings.find((candidates) => candidates.length > 0) ?? [];
  const fronting = snapshot.services.filter((candidate) =>
    workloads.some(
      (workload) =>
        workload.ref.namespace === candidate.ref.namespace &&
        workloadsSelected(snapshot, candidate.ref.namespace, candidate.spec?.selector ?? {}).includes(
          workload,
        ),
    ),
  );
  return { service, workloads, services: [...new Set([...services, ...fronting])] };
}

/** The service that a workload belongs to, as metrics and call edges name it. */
export function serviceOfWorkload(
  snapshot: Snapshot,
  ref: ObjectRef,
  catalogue: readonly ServiceEntry[],
  known: ReadonlySet<string>,
): string {
  const entry = catalogue.find(
    ({ cluster, namespace, workload }) =>
      cluster === ref.cluster &&
      workload?.name === ref.name &&
      workload.kind === ref.kind &&
      (namespace === undefined || namespace === ref.namespace),
  );
  if (entry !== undefined) return entry.service;
  const workload = workloadAt(snapshot, ref);
  const fronts = snapshot.services
    .filter(
      (service) =>
        workload !== undefined &&
        workloadsSelected(snapshot, service.ref.namespace, service.spec?.selector ?? {}).includes(workload),
    )
    .map((service) => service.ref.name);
  const names = [ref.name, ...fronts, ...(workload === undefined ? [] : [nameByLabel(podLabels(workload))])];
  return names.find((name) => name !== undefined && known.has(name)) ?? fronts[0] ?? ref.name;
}
