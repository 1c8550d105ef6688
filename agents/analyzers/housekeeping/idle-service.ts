import { formatObject, type ObjectRef } from '#domain/object-ref.ts';
import { configuredAddresses } from '../../analysis/kubernetes/addresses.ts';
import type { Service } from '../../analysis/kubernetes/networking.ts';
import { podsSelected, workloadsSelected } from '../../analysis/kubernetes/owners.ts';
import { perSnapshot } from '../../analysis/kubernetes/per-snapshot.ts';
import { ingresses, routes } from '../../analysis/kubernetes/routing.ts';
import { clusterName } from '../../analysis/kubernetes/service-names.ts';
import { isRead, type Snapshot } from '../../analysis/kubernetes/snapshot.ts';
import { quoteField } from '../../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from '../define-analyzer.ts';
import { backendsOf } from '../ingress.ts';
import { rightSelector } from '../service-selector.ts';

/** Who leads to Services by their names: ingresses, routes, and workloads in what they are told. */
const usersByService = perSnapshot((snapshot) => {
  const uses = [
    ...ingresses(snapshot).flatMap((one) =>
      backendsOf(one).map(({ name }) => ({ to: `${one.ref.namespace}/${name}`, user: one.ref })),
    ),
    ...routes(snapshot).flatMap((one) =>
      (one.spec?.rules ?? [])
        .flatMap(({ backendRefs }) => backendRefs)
        .map(({ namespace, name }) => ({ to: `${namespace ?? one.ref.namespace}/${name}`, user: one.ref })),
    ),
    ...configuredAddresses(snapshot).flatMap(({ workload, host }) => {
      const meant = clusterName(snapshot, workload.ref.namespace, host);
      return meant === undefined ? [] : [{ to: `${meant.namespace}/${meant.name}`, user: workload.ref }];
    }),
  ];
  return Map.groupBy(uses, ({ to }) => to);
});

function findingOf(snapshot: Snapshot, service: Service): Finding[] {
  const { ref, spec, terminating } = service;
  const selector = spec?.selector ?? {};
  const [pair] = Object.entries(selector);
  const known = isRead(snapshot, 'pods', ref.namespace) && isRead(snapshot, 'deployments', ref.namespace);
  if (pair === undefined || terminating || !known) return [];
  if (podsSelected(snapshot, ref.namespace, selector).length > 0) return [];
  if (workloadsSelected(snapshot, ref.namespace, selector).length > 0) return [];
  // What it was meant for is known: another analyzer tells.
  if (rightSelector(snapshot, service) !== undefined) return [];
  const users: ObjectRef[] = (usersByService(snapshot).get(`${ref.namespace}/${ref.name}`) ?? []).map(
    ({ user }) => user,
  );
  const [user] = users;
  return [
    {
      object: ref,
      code: 'service.no-ready-endpoints',
      severity: user === undefined ? 'warning' : 'error',
      message: `${formatObject(ref)} selects ${pair.join('=')}, which no pod carries${user === undefined ? '' : `, and ${formatObject(user)} leads to it`}`,
      evidence: quoteField(service, `.spec.selector.${pair[0]}`, pair[1], 0.6),
      certainty: user === undefined ? 0.4 : 0.8,
      consequence: false,
      through: users,
    },
  ];
}

/** Services behind which there is nobody, and nobody who was meant to be. */
export const idleService = defineAnalyzer({
  name: 'idle-service',
  kind: 'Service',
  analyze: (snapshot) => snapshot.services.flatMap((one) => findingOf(snapshot, one)),
});
