import { formatObject } from '#domain/object-ref.ts';
import { meetsLabels } from '../analysis/kubernetes/label-selector.ts';
import { type Gateway, gateways, type Route, routes } from '../analysis/kubernetes/routing.ts';
import type { Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

type Listener = NonNullable<Gateway['spec']>['listeners'][number];

/**
 * Whether a listener lets routes of a namespace hang on it (Gateway API, `allowedRoutes`: its own namespace, where nothing
 * else is said); undefined where the labels of the namespace are not known.
 */
function lets(snapshot: Snapshot, gateway: Gateway, listener: Listener, namespace: string | undefined) {
  const { from = 'Same', selector } = listener.allowedRoutes?.namespaces ?? {};
  if (from === 'All') return true;
  if (from === 'Same') return namespace === gateway.ref.namespace;
  const place = (snapshot.objects.get('Namespace') ?? []).find(
    ({ object }) => object.metadata.name === namespace,
  );
  if (from !== 'Selector' || selector === undefined || place === undefined) return undefined;
  return meetsLabels(selector, place.object.metadata.labels ?? {});
}

function findingsOf(snapshot: Snapshot, route: Route): Finding[] {
  const accepted = (route.status?.parents ?? []).some(({ conditions }) =>
    conditions.some(({ type, status }) => type === 'Accepted' && status === 'True'),
  );
  if (accepted) return [];
  return (route.spec?.parentRefs ?? []).flatMap((parent): Finding[] => {
    const namespace = parent.namespace ?? route.ref.namespace;
    if ((parent.kind ?? 'Gateway') !== 'Gateway') return [];
    const gateway = gateways(snapshot).find(
      ({ ref }) => ref.name === parent.name && ref.namespace === namespace,
    );
    const listeners = (gateway?.spec?.listeners ?? []).filter(
      ({ name }) => parent.sectionName === undefined || name === parent.sectionName,
    );
    const shut = listeners.every(
      (listener) => gateway !== undefined && lets(snapshot, gateway, listener, route.ref.namespace) === false,
    );
    if (gateway === undefined || listeners.length === 0 || !shut) return [];
    const from = listeners[0]?.allowedRoutes?.namespaces?.from ?? 'Same';
    return [
      {
        object: route.ref,
        code: 'routing.route-misrouted',
        severity: 'error',
        message: `${formatObject(route.ref)} hangs on ${formatObject(gateway.ref)}, whose listeners take no routes of namespace ${route.ref.namespace ?? '?'} (allowed: ${from})`,
        evidence: [
          ...quoteField(route, '.spec.parentRefs[].name', parent.name, 0.6),
          ...quoteField(
            gateway,
            '.spec.listeners[].allowedRoutes.namespaces.from',
            listeners[0]?.allowedRoutes?.namespaces?.from,
            0.5,
          ),
        ],
        certainty: 0.9,
        consequence: false,
        through: [gateway.ref],
      },
    ];
  });
}

/** Routes that hang on a gateway which takes none of their namespace. */
export const routeAdmission = defineAnalyzer({
  name: 'route-admission',
  kind: 'HTTPRoute',
  analyze: (snapshot) =>
    routes(snapshot)
      .filter(({ terminating }) => !terminating)
      .flatMap((one) => findingsOf(snapshot, one)),
});
