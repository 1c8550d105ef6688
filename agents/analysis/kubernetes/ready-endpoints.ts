import type { Service } from './networking.ts';
import { isLive, isReady } from './pod.ts';
import type { Snapshot } from './snapshot.ts';
import { podLabels, selects, type Workload } from './workload.ts';

/** Services that select the pods which a workload makes. */
export function servicesOf(snapshot: Snapshot, workload: Workload): Service[] {
  return snapshot.services.filter(
    ({ ref, spec }) =>
      ref.namespace === workload.ref.namespace && selects(spec?.selector ?? {}, podLabels(workload)),
  );
}

/** True where somebody answers for a service, be it another workload's pods. */
export function hasReadyEndpoint(snapshot: Snapshot, service: Service): boolean {
  const slices = snapshot.endpoints.filter(
    ({ ref, service: name }) => name === service.ref.name && ref.namespace === service.ref.namespace,
  );
  if (slices.length > 0) return slices.some(({ readyCount }) => readyCount > 0);
  return snapshot.pods.some(
    (pod) =>
      pod.ref.namespace === service.ref.namespace &&
      isLive(pod) &&
      isReady(pod) === true &&
      selects(service.spec?.selector ?? {}, pod.labels),
  );
}
