import { formatObject } from '#domain/object-ref.ts';
import { podsOf } from '../analysis/kubernetes/owners.ts';
import { servicesOf } from '../analysis/kubernetes/ready-endpoints.ts';
import { longRunning, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import type { Workload } from '../analysis/kubernetes/workload.ts';
import { quoteField } from '../analysis/quoting.ts';
import { isCrashing } from './crash.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

/** Containers of a pod share one network: of two that want the same port one gets it. */
function findingsOf(snapshot: Snapshot, workload: Workload): Finding[] {
  const containers = workload.spec?.template?.spec?.containers ?? [];
  const wanted = containers.flatMap(({ name, ports }) =>
    ports.flatMap(({ containerPort, protocol }) =>
      containerPort === undefined ? [] : [{ name, port: containerPort, protocol: protocol ?? 'TCP' }],
    ),
  );
  const shared = [...Map.groupBy(wanted, ({ port, protocol }) => `${port}/${protocol}`).values()].find(
    (same) => new Set(same.map(({ name }) => name)).size > 1,
  );
  const [first] = shared ?? [];
  if (shared === undefined || first === undefined) return [];
  const names = [...new Set(shared.map(({ name }) => name))];
  const crashes = podsOf(snapshot, workload).some(({ status }) =>
    (status?.containerStatuses ?? []).some((one) => names.includes(one.name) && isCrashing(one, snapshot)),
  );
  const services = servicesOf(snapshot, workload).map(({ ref }) => ref);
  return [
    {
      object: workload.ref,
      code: services.length > 0 ? 'service.sidecar-port-conflict' : 'container.port-in-use',
      severity: crashes ? 'error' : 'warning',
      message: `${formatObject(workload.ref)}: the containers ${names.join(' and ')} both want port ${first.port}`,
      evidence: quoteField(
        workload,
        '.spec.template.spec.containers[].ports[].containerPort',
        first.port,
        0.6,
      ),
      certainty: crashes ? 0.88 : 0.6,
      consequence: false,
      through: services,
      fixHint: { facets: ['ports', 'image', 'environment'] },
    },
  ];
}

/** Containers of one pod that want the same port. */
export const sharedPort = defineAnalyzer({
  name: 'shared-port',
  kind: 'Pod',
  analyze: (snapshot) =>
    longRunning(snapshot)
      .filter(({ terminating }) => !terminating)
      .flatMap((workload) => findingsOf(snapshot, workload)),
});
