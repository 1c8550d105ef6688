import { z } from 'zod';
import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';
import { labelSelectorSchema } from './label-selector.ts';
import { count, flag, listOf, maybe, portSchema, type Seen, seenObject, text, textMap } from './partial.ts';

const serviceSchema = z.looseObject({
  spec: maybe(
    z.looseObject({
      type: text,
      selector: textMap,
      clusterIP: text,
      externalName: text,
      ports: listOf(z.looseObject({ name: text, port: count, targetPort: portSchema, protocol: text })),
    }),
  ),
});
export type Service = Seen & z.output<typeof serviceSchema>;

export function readService(cluster: string, evidenceId: string, raw: KubernetesObject): Service {
  return { ...serviceSchema.parse(raw), ...seenObject(cluster, evidenceId, raw) };
}

const sliceSchema = z.looseObject({
  endpoints: listOf(
    z.looseObject({
      addresses: listOf(z.string()),
      conditions: maybe(z.looseObject({ ready: flag })),
      targetRef: maybe(z.looseObject({ kind: text, name: text })),
    }),
  ),
  subsets: listOf(
    z.looseObject({
      addresses: listOf(z.looseObject({ ip: text })),
      notReadyAddresses: listOf(z.looseObject({ ip: text })),
    }),
  ),
});

/** The ready and not ready addresses behind a service, from an EndpointSlice or the older Endpoints. */
export type Endpoints = Seen & {
  readonly service: string;
  readonly readyCount: number;
  readonly notReadyCount: number;
};

export function readEndpoints(cluster: string, evidenceId: string, raw: KubernetesObject): Endpoints {
  const { endpoints, subsets } = sliceSchema.parse(raw);
  const seen = seenObject(cluster, evidenceId, raw);
  // An absent `ready` means ready (API documentation of EndpointConditions).
  const readySlices = endpoints.filter((endpoint) => endpoint.conditions?.ready !== false).length;
  const readySubsets = subsets.reduce((sum, subset) => sum + subset.addresses.length, 0);
  const waitingSubsets = subsets.reduce((sum, subset) => sum + subset.notReadyAddresses.length, 0);
  return {
    ...seen,
    service: seen.labels['kubernetes.io/service-name'] ?? seen.ownedBy?.name ?? seen.ref.name,
    readyCount: readySlices + readySubsets,
    notReadyCount: endpoints.length - readySlices + waitingSubsets,
  };
}

const peersSchema = listOf(
  z.looseObject({
    podSelector: maybe(labelSelectorSchema),
    namespaceSelector: maybe(labelSelectorSchema),
    ipBlock: maybe(z.looseObject({ cidr: text })),
  }),
);
const policyPortsSchema = listOf(z.looseObject({ port: portSchema, endPort: count, protocol: text }));
const policySchema = z.looseObject({
  spec: maybe(
    z.looseObject({
      podSelector: maybe(labelSelectorSchema),
      policyTypes: listOf(z.string()),
      ingress: listOf(z.looseObject({ from: peersSchema, ports: policyPortsSchema })),
      egress: listOf(z.looseObject({ to: peersSchema, ports: policyPortsSchema })),
    }),
  ),
});
export type NetworkPolicy = Seen & z.output<typeof policySchema>;

export function readNetworkPolicy(cluster: string, evidenceId: string, raw: KubernetesObject): NetworkPolicy {
  return { ...policySchema.parse(raw), ...seenObject(cluster, evidenceId, raw) };
}
