import { z } from 'zod';
import { formatObject } from '#domain/object-ref.ts';
import { kindReader } from '../analysis/kubernetes/kind-reader.ts';
import { conditionsSchema, listOf, maybe, portSchema, text, timeOf } from '../analysis/kubernetes/partial.ts';
import { serviceAt } from '../analysis/kubernetes/service-names.ts';
import { isRead, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

const backendSchema = z.looseObject({ kind: text, name: text });
const openshiftRoutes = kindReader(
  'Route',
  'route.openshift.io',
  z.looseObject({
    spec: maybe(
      z.looseObject({
        to: maybe(backendSchema),
        alternateBackends: listOf(backendSchema),
        port: maybe(z.looseObject({ targetPort: portSchema })),
      }),
    ),
    status: maybe(z.looseObject({ ingress: listOf(z.looseObject({ conditions: conditionsSchema })) })),
  }),
);
type OpenshiftRoute = ReturnType<typeof openshiftRoutes>[number];

function misrouted(route: OpenshiftRoute, field: string, value: string | undefined, why: string): Finding {
  return {
    object: route.ref,
    code: 'routing.route-misrouted',
    severity: 'error',
    message: `${formatObject(route.ref)} ${why}`,
    evidence: quoteField(route, field, value, 0.7),
    certainty: 0.9,
    consequence: false,
  };
}

function backendFindings(snapshot: Snapshot, route: OpenshiftRoute): Finding[] {
  const { namespace } = route.ref;
  const { to, alternateBackends = [], port } = route.spec ?? {};
  if (!isRead(snapshot, 'services', namespace)) return [];
  return [to, ...alternateBackends].flatMap((backend): Finding[] => {
    if (backend?.name === undefined || (backend.kind ?? 'Service') !== 'Service') return [];
    const service = serviceAt(snapshot, namespace, backend.name);
    if (service === undefined)
      return [
        misrouted(
          route,
          '.spec.to.name',
          backend.name,
          `leads to Service ${backend.name}, which is not there`,
        ),
      ];
    const ports = service.spec?.ports ?? [];
    const target = port?.targetPort;
    // The router looks for a port of the Service by its name, or for the port of its pods.
    const there = ports.some(
      (one) => one.name === target || one.targetPort === target || (one.targetPort ?? one.port) === target,
    );
    if (target === undefined || ports.length === 0 || there) return [];
    return [
      {
        ...misrouted(
          route,
          '.spec.port.targetPort',
          String(target),
          `leads to port ${target} of ${formatObject(service.ref)}, which has ${ports.map((one) => one.name ?? one.targetPort ?? one.port).join(', ')}`,
        ),
        through: [service.ref],
      },
    ];
  });
}

function refusedFindings(route: OpenshiftRoute): Finding[] {
  const conditions = (route.status?.ingress ?? []).flatMap((router) => router.conditions);
  // One router may leave to another what is not of its share.
  const admitted = conditions.some(({ type, status }) => type === 'Admitted' && status === 'True');
  const refused = conditions.find(({ type, status }) => type === 'Admitted' && status === 'False');
  if (admitted || refused === undefined) return [];
  const since = timeOf(refused.lastTransitionTime);
  const why = `is not admitted (${refused.reason ?? '?'}): ${refused.message ?? ''}`;
  return [
    {
      ...misrouted(
        route,
        '.status.ingress[].conditions[Admitted].message',
        refused.message || refused.reason,
        why,
      ),
      ...(since === undefined ? {} : { since }),
    },
  ];
}

/** OpenShift's routes that lead nowhere, or that no router takes. */
export const openshiftRoute = defineAnalyzer({
  name: 'openshift-route',
  kind: 'Route',
  analyze: (snapshot) =>
    openshiftRoutes(snapshot)
      .filter(({ terminating }) => !terminating)
      .flatMap((one) => [...backendFindings(snapshot, one), ...refusedFindings(one)]),
});
