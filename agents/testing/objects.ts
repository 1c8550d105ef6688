import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';

/** Kubernetes objects as an API server prints them, for tests. Times are RFC 3339. */

export type ContainerShape = {
  readonly name: string;
  readonly image: string;
  readonly port?: number;
  readonly portName?: string;
  readonly env?: readonly Readonly<Record<string, unknown>>[];
  readonly envFrom?: readonly Readonly<Record<string, unknown>>[];
  readonly resources?: Readonly<Record<string, unknown>>;
  readonly probePort?: number | string;
  readonly command?: readonly string[];
};

export type WorkloadShape = {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly container: ContainerShape;
  readonly replicas: number;
};

function probe(port: number | string, path: string): Record<string, unknown> {
  return {
    httpGet: { path, port, scheme: 'HTTP' },
    timeoutSeconds: 1,
    periodSeconds: 2,
    successThreshold: 1,
    failureThreshold: 3,
  };
}

function containerOf(shape: ContainerShape): Record<string, unknown> {
  const { name, image, port, portName, env, envFrom, resources, probePort, command } = shape;
  return {
    name,
    image,
    ...(command === undefined ? {} : { command }),
    ...(port === undefined
      ? {}
      : {
          ports: [
            { ...(portName === undefined ? {} : { name: portName }), containerPort: port, protocol: 'TCP' },
          ],
          readinessProbe: probe(probePort ?? port, '/healthz'),
          livenessProbe: { ...probe(port, '/healthz'), periodSeconds: 5 },
        }),
    ...(env === undefined ? {} : { env }),
    ...(envFrom === undefined ? {} : { envFrom }),
    resources: resources ?? {
      limits: { cpu: '200m', memory: '96Mi' },
      requests: { cpu: '20m', memory: '32Mi' },
    },
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: 'IfNotPresent',
  };
}

export function templateOf(
  shape: WorkloadShape,
  annotations?: Readonly<Record<string, string>>,
): Record<string, unknown> {
  return {
    metadata: { labels: shape.labels, ...(annotations === undefined ? {} : { annotations }) },
    spec: {
      containers: [containerOf(shape.container)],
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      securityContext: {},
      schedulerName: 'default-scheduler',
    },
  };
}

/** How the pods of a revision stand. */
export type PodState = {
  readonly ready: boolean;
  readonly phase?: string;
  readonly state: Readonly<Record<string, unknown>>;
  readonly lastState?: Readonly<Record<string, unknown>>;
  readonly restartCount?: number;
};

export type PodShape = {
  readonly workload: WorkloadShape;
  readonly template: Record<string, unknown>;
  readonly hash: string;
  readonly suffix: string;
  readonly createdAt: string;
  readonly state: PodState;
  readonly node: string;
};

export function podOf({
  workload,
  template,
  hash,
  suffix,
  createdAt,
  state,
  node,
}: PodShape): KubernetesObject {
  const { namespace, name, labels, container } = workload;
  const set = `${name}-${hash}`;
  const condition = (type: string, status: boolean) => ({
    type,
    status: status ? 'True' : 'False',
    lastProbeTime: null,
    lastTransitionTime: createdAt,
    ...(status
      ? {}
      : { reason: 'ContainersNotReady', message: `containers with unready status: [${container.name}]` }),
  });
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${set}-${suffix}`,
      generateName: `${set}-`,
      namespace,
      uid: `uid-${set}-${suffix}`,
      creationTimestamp: createdAt,
      labels: { ...labels, 'pod-template-hash': hash },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: set,
          uid: `uid-${set}`,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: { ...(template.spec as Record<string, unknown>), nodeName: node, serviceAccountName: 'default' },
    status: {
      phase: state.phase ?? 'Running',
      conditions: [
        condition('Initialized', true),
        condition('Ready', state.ready),
        condition('ContainersReady', state.ready),
        condition('PodScheduled', true),
      ],
      podIP: '10.244.1.7',
      startTime: createdAt,
      containerStatuses: [
        {
          name: container.name,
          state: state.state,
          lastState: state.lastState ?? {},
          ready: state.ready,
          restartCount: state.restartCount ?? 0,
          image: container.image,
          imageID: state.phase === 'Pending' ? '' : `sha256:${hash}`,
          started: state.ready,
        },
      ],
      qosClass: 'Burstable',
    },
  };
}

export type ReplicaSetShape = {
  readonly workload: WorkloadShape;
  readonly template: Record<string, unknown>;
  readonly hash: string;
  readonly revision: number;
  readonly createdAt: string;
  readonly replicas: number;
  readonly ready: number;
};

export function replicaSetOf(shape: ReplicaSetShape): KubernetesObject {
  const { workload, template, hash, revision, createdAt, replicas, ready } = shape;
  const { namespace, name, labels } = workload;
  const metadata = template.metadata as Record<string, unknown>;
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      uid: `uid-${name}-${hash}`,
      creationTimestamp: createdAt,
      labels: { ...labels, 'pod-template-hash': hash },
      annotations: {
        'deployment.kubernetes.io/desired-replicas': String(workload.replicas),
        'deployment.kubernetes.io/max-replicas': String(workload.replicas + 1),
        'deployment.kubernetes.io/revision': String(revision),
      },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'Deployment', name, uid: `uid-${name}`, controller: true },
      ],
    },
    spec: {
      replicas,
      selector: { matchLabels: { ...labels, 'pod-template-hash': hash } },
      template: { ...template, metadata: { ...metadata, labels: { ...labels, 'pod-template-hash': hash } } },
    },
    status: {
      replicas,
      fullyLabeledReplicas: replicas,
      readyReplicas: ready,
      availableReplicas: ready,
      observedGeneration: 1,
    },
  };
}

export type DeploymentShape = {
  readonly workload: WorkloadShape;
  readonly template: Record<string, unknown>;
  readonly revision: number;
  readonly createdAt: string;
  readonly ready: number;
  readonly updated: number;
  readonly total: number;
  readonly changedAt: string;
};

export function deploymentOf(shape: DeploymentShape): KubernetesObject {
  const { workload, template, revision, createdAt, ready, updated, total, changedAt } = shape;
  const { namespace, name, labels, replicas } = workload;
  const available = ready >= Math.max(0, replicas - Math.floor(replicas / 4));
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name,
      namespace,
      uid: `uid-${name}`,
      generation: revision,
      creationTimestamp: createdAt,
      labels,
      annotations: { 'deployment.kubernetes.io/revision': String(revision) },
    },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
    },
    status: {
      observedGeneration: revision,
      replicas: total,
      updatedReplicas: updated,
      ...(ready === 0 ? {} : { readyReplicas: ready, availableReplicas: ready }),
      ...(ready < replicas ? { unavailableReplicas: replicas - ready } : {}),
      conditions: [
        {
          type: 'Available',
          status: available ? 'True' : 'False',
          lastUpdateTime: changedAt,
          lastTransitionTime: changedAt,
          reason: available ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
          message: available
            ? 'Deployment has minimum availability.'
            : 'Deployment does not have minimum availability.',
        },
        {
          type: 'Progressing',
          status: 'True',
          lastUpdateTime: changedAt,
          lastTransitionTime: createdAt,
          reason: 'ReplicaSetUpdated',
          message: `ReplicaSet "${name}" is progressing.`,
        },
      ],
    },
  };
}

export function serviceOf(
  namespace: string,
  name: string,
  selector: Readonly<Record<string, string>>,
  targetPort: number | string,
): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, uid: `uid-svc-${name}`, creationTimestamp: '2025-11-01T08:00:00Z' },
    spec: {
      type: 'ClusterIP',
      clusterIP: '10.96.12.7',
      selector,
      ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort }],
      sessionAffinity: 'None',
    },
    status: { loadBalancer: {} },
  };
}

export function endpointSliceOf(
  namespace: string,
  service: string,
  addresses: readonly { readonly ready: boolean; readonly pod: string }[],
): KubernetesObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${service}-x7k2p`,
      namespace,
      labels: { 'kubernetes.io/service-name': service },
      ownerReferences: [{ kind: 'Service', name: service, controller: true }],
    },
    addressType: 'IPv4',
    endpoints: addresses.map(({ ready, pod }) => ({
      addresses: ['10.244.1.7'],
      conditions: { ready, serving: ready, terminating: false },
      targetRef: { kind: 'Pod', name: pod, namespace },
    })),
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  };
}

export function configMapOf(
  namespace: string,
  name: string,
  data: Readonly<Record<string, string>>,
  applied?: Readonly<Record<string, string>>,
): KubernetesObject {
  const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data: applied };
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      namespace,
      uid: `uid-cm-${name}`,
      creationTimestamp: '2025-11-01T08:00:00Z',
      ...(applied === undefined
        ? {}
        : {
            annotations: {
              'kubectl.kubernetes.io/last-applied-configuration': `${JSON.stringify(manifest)}\n`,
            },
          }),
    },
    data,
  };
}

export function nodeOf(name: string, ready = true): KubernetesObject {
  const condition = (type: string, status: string, reason: string) => ({
    type,
    status,
    reason,
    message: reason,
    lastHeartbeatTime: '2025-11-21T12:00:30Z',
    lastTransitionTime: '2025-11-01T08:00:00Z',
  });
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, creationTimestamp: '2025-11-01T08:00:00Z', labels: { 'kubernetes.io/hostname': name } },
    spec: {},
    status: {
      conditions: [
        condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory'),
        condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure'),
        condition('PIDPressure', 'False', 'KubeletHasSufficientPID'),
        condition('Ready', ready ? 'True' : 'False', ready ? 'KubeletReady' : 'KubeletNotReady'),
      ],
    },
  };
}
