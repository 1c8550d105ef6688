import { z } from 'zod';
import { kindReader } from './kind-reader.ts';
import { labelSelectorSchema } from './label-selector.ts';
import { conditionsSchema, count, listOf, maybe, portSchema, text } from './partial.ts';
import { perSnapshot } from './per-snapshot.ts';

/** Ingresses and the Gateway API: the way into a cluster. */

const backendSchema = z.looseObject({
  service: maybe(z.looseObject({ name: text, port: maybe(z.looseObject({ number: count, name: text })) })),
  // The older form, as old manifests have it.
  serviceName: text,
  servicePort: portSchema,
});
export type IngressBackend = z.output<typeof backendSchema>;

export const ingresses = kindReader(
  'Ingress',
  // Until Kubernetes 1.22 they were served under the older group as well.
  ['networking.k8s.io', 'extensions'],
  z.looseObject({
    spec: maybe(
      z.looseObject({
        ingressClassName: text,
        defaultBackend: maybe(backendSchema),
        rules: listOf(
          z.looseObject({
            host: text,
            http: maybe(
              z.looseObject({ paths: listOf(z.looseObject({ path: text, backend: maybe(backendSchema) })) }),
            ),
          }),
        ),
        tls: listOf(z.looseObject({ secretName: text, hosts: listOf(z.string()) })),
      }),
    ),
    status: maybe(
      z.looseObject({ loadBalancer: maybe(z.looseObject({ ingress: listOf(z.looseObject({})) })) }),
    ),
  }),
);
export type Ingress = ReturnType<typeof ingresses>[number];

export const ingressClasses = kindReader('IngressClass', 'networking.k8s.io', z.looseObject({}));

const gatewayGroup = 'gateway.networking.k8s.io';

export const gatewayClasses = kindReader(
  'GatewayClass',
  gatewayGroup,
  z.looseObject({ status: maybe(z.looseObject({ conditions: conditionsSchema })) }),
);

const referenceSchema = z.looseObject({
  group: text,
  kind: text,
  namespace: text,
  name: text,
  sectionName: text,
  port: count,
  weight: count,
});
export type RouteReference = z.output<typeof referenceSchema>;

export const gateways = kindReader(
  'Gateway',
  gatewayGroup,
  z.looseObject({
    spec: maybe(
      z.looseObject({
        gatewayClassName: text,
        listeners: listOf(
          z.looseObject({
            name: text,
            port: count,
            protocol: text,
            tls: maybe(z.looseObject({ certificateRefs: listOf(referenceSchema) })),
            allowedRoutes: maybe(
              z.looseObject({
                namespaces: maybe(z.looseObject({ from: text, selector: maybe(labelSelectorSchema) })),
              }),
            ),
          }),
        ),
      }),
    ),
    status: maybe(
      z.looseObject({
        conditions: conditionsSchema,
        listeners: listOf(z.looseObject({ name: text, conditions: conditionsSchema })),
      }),
    ),
  }),
);
export type Gateway = ReturnType<typeof gateways>[number];

const routeSchema = z.looseObject({
  spec: maybe(
    z.looseObject({
      parentRefs: listOf(referenceSchema),
      rules: listOf(z.looseObject({ backendRefs: listOf(referenceSchema) })),
    }),
  ),
  status: maybe(
    z.looseObject({
      parents: listOf(z.looseObject({ parentRef: maybe(referenceSchema), conditions: conditionsSchema })),
    }),
  ),
});
/** Routes of every protocol hang on gateways and lead to Services in the same way. */
const routeReaders = ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute', 'UDPRoute'].map((kind) =>
  kindReader(kind, gatewayGroup, routeSchema),
);

export const routes = perSnapshot((snapshot) => routeReaders.flatMap((reader) => reader(snapshot)));
export type Route = ReturnType<typeof routes>[number];

export const referenceGrants = kindReader(
  'ReferenceGrant',
  gatewayGroup,
  z.looseObject({
    spec: maybe(
      z.looseObject({
        from: listOf(z.looseObject({ group: text, kind: text, namespace: text })),
        to: listOf(z.looseObject({ group: text, kind: text, name: text })),
      }),
    ),
  }),
);
