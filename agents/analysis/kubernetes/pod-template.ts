import { z } from 'zod';
import { count, flag, listOf, maybe, portSchema, text, textMap } from './partial.ts';

/** What a pod is made from: the parts of a pod spec or template that faults sit in. */

const keyRefSchema = maybe(z.looseObject({ name: text, key: text, optional: flag }));
const envSchema = z.looseObject({
  name: z.string(),
  value: text,
  valueFrom: maybe(z.looseObject({ configMapKeyRef: keyRefSchema, secretKeyRef: keyRefSchema })),
});
const sourceSchema = maybe(z.looseObject({ name: text, optional: flag }));

const probeSchema = z.looseObject({
  httpGet: maybe(z.looseObject({ path: text, port: portSchema, scheme: text })),
  tcpSocket: maybe(z.looseObject({ port: portSchema })),
  grpc: maybe(z.looseObject({ port: portSchema })),
  exec: maybe(z.looseObject({ command: listOf(z.string()) })),
  initialDelaySeconds: count,
  timeoutSeconds: count,
  periodSeconds: count,
  failureThreshold: count,
});
export type Probe = z.output<typeof probeSchema>;

const amounts = maybe(z.record(z.string(), z.union([z.string(), z.number()])));

const containerSchema = z.looseObject({
  name: z.string(),
  image: text,
  imagePullPolicy: text,
  restartPolicy: text,
  command: maybe(z.array(z.string())),
  args: maybe(z.array(z.string())),
  ports: listOf(z.looseObject({ name: text, containerPort: count, protocol: text })),
  env: listOf(envSchema),
  envFrom: listOf(z.looseObject({ prefix: text, configMapRef: sourceSchema, secretRef: sourceSchema })),
  resources: maybe(z.looseObject({ limits: amounts, requests: amounts })),
  volumeMounts: listOf(z.looseObject({ name: text, mountPath: text })),
  livenessProbe: maybe(probeSchema),
  readinessProbe: maybe(probeSchema),
  startupProbe: maybe(probeSchema),
});
export type Container = z.output<typeof containerSchema>;

const requirementSchema = z.looseObject({
  key: z.string(),
  operator: z.string(),
  values: listOf(z.string()),
});
export const nodeTermSchema = z.looseObject({
  matchExpressions: listOf(requirementSchema),
  matchFields: listOf(requirementSchema),
});
export type NodeRequirement = z.output<typeof requirementSchema>;
const affinitySchema = maybe(
  z.looseObject({
    nodeAffinity: maybe(
      z.looseObject({
        requiredDuringSchedulingIgnoredDuringExecution: maybe(
          z.looseObject({ nodeSelectorTerms: listOf(nodeTermSchema) }),
        ),
      }),
    ),
    podAffinity: maybe(z.unknown()),
    podAntiAffinity: maybe(z.unknown()),
  }),
);
const tolerationSchema = z.looseObject({ key: text, operator: text, value: text, effect: text });

const itemsSchema = listOf(z.looseObject({ key: text }));
const projectedSchema = maybe(z.looseObject({ name: text, optional: flag, items: itemsSchema }));
const volumeSchema = z.looseObject({
  name: z.string(),
  configMap: maybe(z.looseObject({ name: text, optional: flag, items: itemsSchema })),
  secret: maybe(z.looseObject({ secretName: text, optional: flag, items: itemsSchema })),
  projected: maybe(
    z.looseObject({
      sources: listOf(z.looseObject({ configMap: projectedSchema, secret: projectedSchema })),
    }),
  ),
  persistentVolumeClaim: maybe(z.looseObject({ claimName: text })),
});

export const podSpecSchema = z.looseObject({
  containers: listOf(containerSchema),
  initContainers: listOf(containerSchema),
  volumes: listOf(volumeSchema),
  nodeName: text,
  nodeSelector: textMap,
  affinity: affinitySchema,
  tolerations: listOf(tolerationSchema),
  schedulingGates: listOf(z.looseObject({ name: text })),
  schedulerName: text,
  serviceAccountName: text,
  imagePullSecrets: listOf(z.looseObject({ name: text })),
  hostNetwork: flag,
});
export type PodSpec = z.output<typeof podSpecSchema>;

export const podTemplateSchema = z.looseObject({
  metadata: maybe(z.looseObject({ labels: textMap, annotations: textMap })),
  spec: maybe(podSpecSchema),
});
export type PodTemplate = z.output<typeof podTemplateSchema>;

export const probeKinds = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const;
export type ProbeKind = (typeof probeKinds)[number];

/** How a probe asks and at which port; exec probes have none. */
export function probeTarget(probe: Probe):
  | {
      readonly field: 'httpGet' | 'tcpSocket' | 'grpc';
      readonly port: number | string | undefined;
    }
  | undefined {
  if (probe.httpGet !== undefined) return { field: 'httpGet', port: probe.httpGet.port };
  if (probe.tcpSocket !== undefined) return { field: 'tcpSocket', port: probe.tcpSocket.port };
  return probe.grpc === undefined ? undefined : { field: 'grpc', port: probe.grpc.port };
}

/** The number of a container's port that is given by number or by name; undefined for a name that is not there. */
export function portNumber(container: Container, port: number | string | undefined): number | undefined {
  if (typeof port === 'number') return port;
  if (port === undefined) return undefined;
  if (/^\d+$/.test(port)) return Number(port);
  return container.ports.find((candidate) => candidate.name === port)?.containerPort;
}

export type ObjectReference = {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly name: string;
  /** Absent where the whole object is meant. */
  readonly key?: string;
  readonly optional: boolean;
  readonly container?: string;
  /** Where in the template it stands, for people. */
  readonly place: string;
};

function envReferences(container: Container): ObjectReference[] {
  const single = container.env.flatMap(({ name, valueFrom }) => {
    const refs = [
      ['ConfigMap', valueFrom?.configMapKeyRef],
      ['Secret', valueFrom?.secretKeyRef],
    ] as const;
    return refs.flatMap(([kind, ref]) =>
      ref?.name === undefined || ref.key === undefined
        ? []
        : [
            {
              kind,
              name: ref.name,
              key: ref.key,
              optional: ref.optional === true,
              container: container.name,
              place: `env ${name}`,
            },
          ],
    );
  });
  const whole = container.envFrom.flatMap(({ configMapRef, secretRef }) => {
    const refs = [
      ['ConfigMap', configMapRef],
      ['Secret', secretRef],
    ] as const;
    return refs.flatMap(([kind, ref]) =>
      ref?.name === undefined
        ? []
        : [
            {
              kind,
              name: ref.name,
              optional: ref.optional === true,
              container: container.name,
              place: 'envFrom',
            },
          ],
    );
  });
  return [...single, ...whole];
}

/** Every namespace has it, and every pod mounts it with its account's token: lists of ConfigMaps often leave it out. */
const clusterAuthority = 'kube-root-ca.crt';

function volumeReferences(spec: PodSpec): ObjectReference[] {
  return spec.volumes.flatMap((volume) => {
    const refs = [
      ['ConfigMap', volume.configMap?.name, volume.configMap] as const,
      ['Secret', volume.secret?.secretName, volume.secret] as const,
      ...(volume.projected?.sources ?? []).flatMap(({ configMap, secret }) => [
        ['ConfigMap', configMap?.name, configMap] as const,
        ['Secret', secret?.name, secret] as const,
      ]),
    ];
    return refs.flatMap(([kind, name, source]) => {
      if (name === undefined || source === undefined || name === clusterAuthority) return [];
      const base = { kind, name, optional: source.optional === true, place: `volume ${volume.name}` };
      const keys = source.items.flatMap((item) =>
        item.key === undefined ? [] : [{ ...base, key: item.key }],
      );
      return keys.length > 0 ? keys : [base];
    });
  });
}

/** Every ConfigMap and Secret that a pod of this spec reads, with the key where one is named. */
export function referencesOf(spec: PodSpec | undefined): ObjectReference[] {
  if (spec === undefined) return [];
  const containers = [...spec.initContainers, ...spec.containers];
  return [...containers.flatMap(envReferences), ...volumeReferences(spec)];
}
