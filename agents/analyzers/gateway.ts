import { formatObject, type ObjectRef } from '#domain/object-ref.ts';
import { type Condition, type Seen, timeOf } from '../analysis/kubernetes/partial.ts';
import {
  type Gateway,
  gatewayClasses,
  gateways,
  type Route,
  type RouteReference,
  referenceGrants,
  routes,
} from '../analysis/kubernetes/routing.ts';
import { serviceAt } from '../analysis/kubernetes/service-names.ts';
import { isRead, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

type Code = 'routing.gateway-misrouted' | 'routing.route-misrouted';

/** A controller that has not come to it yet is no fault. */
const undecided = /^(Pending|Waiting|NotReconciled)$/i;

function conditionFindings(seen: Seen, conditions: readonly Condition[], code: Code): Finding[] {
  return conditions.flatMap((condition) => {
    const { type, status, reason, message } = condition;
    const matters = ['Accepted', 'Programmed', 'ResolvedRefs', 'Ready'].includes(type);
    if (!matters || status !== 'False' || undecided.test(reason ?? '')) return [];
    const since = timeOf(condition.lastTransitionTime);
    return [
      {
        object: seen.ref,
        code,
        severity: 'error' as const,
        message: `${formatObject(seen.ref)}: ${type} is False (${reason ?? 'no reason given'})${message === undefined || message === '' ? '' : `: ${message}`}`,
        evidence: [
          ...quoteField(seen, `.status.conditions[${type}].message`, message, 0.6),
          ...quoteField(seen, `.status.conditions[${type}].reason`, reason, 0.5),
        ],
        certainty: 0.85,
        consequence: false,
        ...(since === undefined ? {} : { since }),
      },
    ];
  });
}

function misrouted(seen: Seen, code: Code, field: string, value: string | undefined, why: string): Finding {
  return {
    object: seen.ref,
    code,
    severity: 'error',
    message: `${formatObject(seen.ref)} ${why}`,
    evidence: quoteField(seen, field, value, 0.7),
    certainty: 0.92,
    consequence: false,
  };
}

/** A gateway may be well as a whole while one of its listeners serves nothing. */
function listenerFindings(gateway: Gateway): Finding[] {
  return (gateway.status?.listeners ?? []).flatMap(({ name, conditions }) => {
    const clash = conditions.filter(({ type, status }) => type === 'Conflicted' && status === 'True');
    const [first] = [
      ...conditionFindings(gateway, conditions, 'routing.gateway-misrouted'),
      ...clash.map(({ message, reason }) =>
        misrouted(
          gateway,
          'routing.gateway-misrouted',
          '.status.listeners[].conditions[Conflicted].reason',
          reason,
          `has listeners that conflict with one another: ${message ?? reason ?? ''}`,
        ),
      ),
    ];
    return first === undefined ? [] : [{ ...first, message: `${first.message} (listener ${name ?? '?'})` }];
  });
}

function gatewayFindings(snapshot: Snapshot, gateway: Gateway): Finding[] {
  const name = gateway.spec?.gatewayClassName;
  const known = gatewayClasses(snapshot).some(({ ref }) => ref.name === name);
  const served = gateway.status?.conditions.some(
    ({ type, status }) => type === 'Programmed' && status === 'True',
  );
  const lacksClass =
    name !== undefined && snapshot.kindsRead.has('gatewayclasses') && !known && served !== true;
  const own = conditionFindings(gateway, gateway.status?.conditions ?? [], 'routing.gateway-misrouted');
  const certificates = (gateway.spec?.listeners ?? []).flatMap(({ tls }) => tls?.certificateRefs ?? []);
  const missing = certificates.filter(
    (ref) =>
      (ref.kind ?? 'Secret') === 'Secret' &&
      isRead(snapshot, 'secrets', ref.namespace ?? gateway.ref.namespace) &&
      !snapshot.secrets.some(
        (secret) =>
          secret.ref.name === ref.name && secret.ref.namespace === (ref.namespace ?? gateway.ref.namespace),
      ),
  );
  return [
    ...(lacksClass
      ? [
          misrouted(
            gateway,
            'routing.gateway-misrouted',
            '.spec.gatewayClassName',
            name,
            `is of class ${name}, which is not there`,
          ),
        ]
      : []),
    ...missing.map(
      ({ name: secret }): Finding => ({
        ...misrouted(
          gateway,
          'routing.gateway-misrouted',
          '.spec.listeners[].tls.certificateRefs[].name',
          secret,
          `takes a certificate from Secret ${secret ?? '?'}, which is not there`,
        ),
        code: 'routing.tls-secret-missing',
      }),
    ),
    ...(own.length > 0 ? own : listenerFindings(gateway)),
  ];
}

/** True where the other namespace allows routes of this one to lead there. */
function isGranted(snapshot: Snapshot, route: Route, to: RouteReference): boolean {
  return referenceGrants(snapshot).some(
    ({ ref, spec }) =>
      ref.namespace === to.namespace &&
      (spec?.from ?? []).some(
        ({ kind, namespace }) => kind === route.ref.kind && namespace === route.ref.namespace,
      ) &&
      (spec?.to ?? []).some(
        ({ kind, name }) =>
          kind === (to.kind ?? 'Service') && (name === undefined || name === '' || name === to.name),
      ),
  );
}

function backendFindings(snapshot: Snapshot, route: Route, to: RouteReference): Finding[] {
  if (
    (to.kind ?? 'Service') !== 'Service' ||
    to.name === undefined ||
    !isRead(snapshot, 'services', to.namespace ?? route.ref.namespace)
  )
    return [];
  const namespace = to.namespace ?? route.ref.namespace;
  const field = '.spec.rules[].backendRefs[].name';
  const foreign = to.namespace !== undefined && to.namespace !== route.ref.namespace;
  const known = snapshot.services.some(({ ref }) => ref.namespace === namespace);
  const service = serviceAt(snapshot, namespace, to.name);
  if (service === undefined) {
    return foreign && !known
      ? []
      : [
          misrouted(
            route,
            'routing.route-misrouted',
            field,
            to.name,
            `leads to Service ${namespace}/${to.name}, which is not there`,
          ),
        ];
  }
  if (foreign && isRead(snapshot, 'referencegrants', to.namespace) && !isGranted(snapshot, route, to)) {
    return [
      misrouted(
        route,
        'routing.route-misrouted',
        field,
        to.name,
        `leads to ${formatObject(service.ref)}, and no ReferenceGrant there allows it`,
      ),
    ];
  }
  const ports = (service.spec?.ports ?? []).flatMap(({ port }) => port ?? []);
  if (to.port === undefined || ports.length === 0 || ports.includes(to.port)) return [];
  return [
    {
      ...misrouted(
        route,
        'routing.route-misrouted',
        '.spec.rules[].backendRefs[].port',
        String(to.port),
        `leads to port ${to.port} of ${formatObject(service.ref)}, which has ${ports.join(', ')}`,
      ),
      through: [service.ref],
    },
  ];
}

function parentFindings(snapshot: Snapshot, route: Route): Finding[] {
  return (route.spec?.parentRefs ?? []).flatMap((parent) => {
    if ((parent.kind ?? 'Gateway') !== 'Gateway' || parent.name === undefined) return [];
    const namespace = parent.namespace ?? route.ref.namespace;
    if (!isRead(snapshot, 'gateways', namespace)) return [];
    const gateway = gateways(snapshot).find(
      ({ ref }) => ref.name === parent.name && ref.namespace === namespace,
    );
    const section = parent.sectionName;
    const listeners = gateway?.spec?.listeners ?? [];
    if (gateway === undefined) {
      return [
        misrouted(
          route,
          'routing.route-misrouted',
          '.spec.parentRefs[].name',
          parent.name,
          `hangs on Gateway ${namespace}/${parent.name}, which is not there`,
        ),
      ];
    }
    return section === undefined || listeners.length === 0 || listeners.some(({ name }) => name === section)
      ? []
      : [
          misrouted(
            route,
            'routing.route-misrouted',
            '.spec.parentRefs[].sectionName',
            section,
            `hangs on listener ${section} of ${formatObject(gateway.ref)}, which has none of that name`,
          ),
        ];
  });
}

function servicesBehind(route: Route): ObjectRef[] {
  const { cluster, namespace } = route.ref;
  return (route.spec?.rules ?? [])
    .flatMap(({ backendRefs }) => backendRefs)
    .flatMap((to) => {
      const place = to.namespace ?? namespace;
      return to.name === undefined
        ? []
        : [{ cluster, kind: 'Service', name: to.name, ...(place === undefined ? {} : { namespace: place }) }];
    });
}

function routeFindings(snapshot: Snapshot, route: Route): Finding[] {
  const own = [
    ...parentFindings(snapshot, route),
    ...(route.spec?.rules ?? [])
      .flatMap(({ backendRefs }) => backendRefs)
      .flatMap((to) => backendFindings(snapshot, route, to)),
  ];
  const through = servicesBehind(route);
  // What the controller says of it is the same, in its words.
  const told =
    own.length > 0
      ? []
      : (route.status?.parents ?? []).flatMap(({ conditions }) =>
          conditionFindings(route, conditions, 'routing.route-misrouted'),
        );
  return [...own, ...told].map((finding) => ({
    ...finding,
    through: [...(finding.through ?? []), ...through],
  }));
}

/** Gateways, their classes, and the routes that hang on them. */
export const gateway = defineAnalyzer({
  name: 'gateway',
  kind: 'Gateway',
  analyze: (snapshot) => [
    ...gatewayClasses(snapshot).flatMap((one) =>
      conditionFindings(one, one.status?.conditions ?? [], 'routing.gateway-misrouted'),
    ),
    ...gateways(snapshot)
      .filter(({ terminating }) => !terminating)
      .flatMap((one) => gatewayFindings(snapshot, one)),
    ...routes(snapshot)
      .filter(({ terminating }) => !terminating)
      .flatMap((one) => routeFindings(snapshot, one)),
  ],
});
