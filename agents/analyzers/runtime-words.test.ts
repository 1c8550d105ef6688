import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';
import { deployment, findingsWith, node, object, type Parts, pod, told } from '../testing/cluster.ts';

/** Words of kubelets, runtimes, schedulers and drivers of volumes, as clusters show them, and what each is told as. */

const name = 'web-5d8f9c7b6d-x2x4z';
const web = deployment('web', {}, { status: { observedGeneration: 1, replicas: 1, readyReplicas: 0 } });
const [longAgo, lately] = ['2026-03-04T11:45:00Z', '2026-03-04T11:59:30Z'];

function waiting(reason: string, message?: string, more: object = {}, spec: object = {}): KubernetesObject {
  return pod(name, 'web', {
    spec,
    status: {
      phase: 'Pending',
      conditions: [
        { type: 'PodScheduled', status: 'True', lastTransitionTime: longAgo },
        { type: 'Ready', status: 'False' },
      ],
      containerStatuses: [
        { name: 'app', ready: false, restartCount: 0, state: { waiting: { reason, message } }, ...more },
      ],
    },
  });
}

function ended(exitCode: number, reason: string, message?: string, spec: object = {}): KubernetesObject {
  const lastState = { terminated: { exitCode, reason, message, finishedAt: lately } };
  return waiting('CrashLoopBackOff', undefined, { restartCount: 7, lastState }, spec);
}

function said(reason: string, ...messages: string[]): Pick<Parts, 'events'> {
  return {
    events: messages.map((message) => ({
      name,
      reason,
      message,
      count: 5,
      firstAt: longAgo,
      lastAt: lately,
    })),
  };
}

function codes(objects: readonly KubernetesObject[], parts: Parts = {}): string[] {
  return told(findingsWith([web, ...objects], parts)).map((one) => one.replace(/^error /, ''));
}

describe('what a runtime says of a container that does not start', () => {
  it.each([
    [
      127,
      'StartError',
      'exec: "/app/serve": stat /app/serve: no such file or directory: unknown',
      'container.command-not-found',
    ],
    [
      128,
      'StartError',
      'exec: "serve": executable file not found in $PATH: unknown',
      'container.command-not-found',
    ],
    [128, 'StartError', 'exec: "/app/run.sh": permission denied: unknown', 'container.permission-denied'],
    [
      128,
      'StartError',
      'error mounting "/var/lib/kubelet/x" to rootfs at "/etc/app.conf": not a directory: unknown',
      'storage.volume-mount-failed',
    ],
    [
      128,
      'StartError',
      'chdir to cwd ("/srv") set in config.json failed: no such file or directory',
      'container.other',
    ],
    [
      128,
      'StartError',
      'unable to find user app: no matching entries in passwd file',
      'container.user-not-allowed',
    ],
    [1, 'Error', 'exec /app/serve: exec format error', 'image.wrong-architecture'],
    [
      126,
      'Error',
      'sh: /app/serve: cannot execute binary file: Exec format error',
      'image.wrong-architecture',
    ],
    [126, 'Error', undefined, 'container.permission-denied'],
  ])('ended with %s, %s: %s', (exit, reason, message, code) =>
    expect(codes([ended(exit, reason, message)])).toEqual([`${code} Deployment/web`]),
  );

  it.each([
    [
      'CreateContainerError',
      'container create failed: executable file `serve` not found in $PATH',
      'container.command-not-found',
    ],
    ['CreateContainerError', 'failed to generate spec: no command specified', 'container.command-not-found'],
    [
      'CreateContainerError',
      'failed to generate spec: failed to stat "/data": stat /data: no such file or directory',
      'storage.volume-mount-failed',
    ],
    [
      'CreateContainerConfigError',
      'failed to prepare subPath for volumeMount "conf" of container "app"',
      'storage.volume-mount-failed',
    ],
    ['SignatureValidationFailed', 'image pull failed because the signature validation failed', 'image.other'],
    [
      'ImagePullBackOff',
      'no image found in manifest list for architecture "arm64", OS "linux"',
      'image.wrong-architecture',
    ],
  ])('%s: %s', (reason, message, code) =>
    expect(codes([waiting(reason, message)])).toEqual([`${code} Deployment/web`]),
  );

  it('is of a sidecar no preparation that failed', () => {
    const sidecar = (restartPolicy?: string) =>
      pod(name, 'web', {
        spec: { initContainers: [{ name: 'proxy', restartPolicy }] },
        status: {
          phase: 'Pending',
          conditions: [{ type: 'Ready', status: 'False' }],
          initContainerStatuses: [
            {
              name: 'proxy',
              ready: false,
              restartCount: 4,
              state: { waiting: { reason: 'CrashLoopBackOff' } },
              lastState: { terminated: { exitCode: 1, reason: 'Error' } },
            },
          ],
          containerStatuses: [],
        },
      });
    expect(codes([sidecar('Always')])).toEqual(['container.crash-exit Deployment/web']);
    expect(codes([sidecar()])).toEqual(['container.init-failed Deployment/web']);
  });

  it('is about a volume where it may not write to one', () => {
    const mounts = {
      containers: [{ name: 'app', volumeMounts: [{ name: 'data', mountPath: '/var/lib/data' }] }],
    };
    const denied = (path: string) =>
      ended(1, 'Error', `mkdir: cannot create directory '${path}': Permission denied`, mounts);
    expect(codes([denied('/var/lib/data/db')])).toEqual(['storage.volume-permission-denied Deployment/web']);
    expect(codes([denied('/opt/cache')])).toEqual(['container.permission-denied Deployment/web']);
  });
});

describe('what is said of volumes that are not mounted', () => {
  it.each([
    [
      'FailedAttachVolume',
      'AttachVolume.Attach failed for volume "pvc-1" : rpc error: code = NotFound desc = Volume "vol-0abc" not found',
      'storage.volume-lost',
    ],
    [
      'FailedMount',
      'MountVolume.MountDevice failed for volume "pvc-1" : driver name ebs.csi.aws.com not found in the list of registered CSI drivers',
      'storage.volume-mount-failed',
    ],
    [
      'FailedMount',
      'MountVolume.SetUp failed for volume "sec" : failed to get secretproviderclass market/sec, error: SecretProviderClass "sec" not found',
      'storage.volume-mount-failed',
    ],
  ])('%s: %s', (reason, message, code) =>
    expect(codes([waiting('ContainerCreating')], said(reason, message))).toEqual([`${code} Deployment/web`]),
  );

  it('the reason counts, not the sum of it that is told last', () => {
    const sum =
      'Unable to attach or mount volumes: unmounted volumes=[tls], unattached volumes=[]: timed out';
    const parts = said(
      'FailedMount',
      sum,
      'MountVolume.SetUp failed for volume "tls" : secret "web-tls" not found',
    );
    expect(codes([waiting('ContainerCreating')], parts)).toEqual(['config.secret-missing Secret/web-tls']);
  });

  it('what is there by now is not missing', () => {
    const parts = said(
      'FailedMount',
      'MountVolume.SetUp failed for volume "tls" : secret "web-tls" not found',
    );
    const there = object({ kind: 'Secret', name: 'web-tls', data: { 'tls.crt': '' } });
    expect(codes([waiting('ContainerCreating'), there], parts)).toEqual([]);
  });
});

describe('what drivers say of claims', () => {
  const claim = object({
    kind: 'PersistentVolumeClaim',
    name: 'data',
    metadata: { creationTimestamp: longAgo },
    spec: { storageClassName: 'fast', accessModes: ['ReadWriteMany'] },
    status: { phase: 'Pending' },
  });
  const fast = object({
    kind: 'StorageClass',
    apiVersion: 'storage.k8s.io/v1',
    name: 'fast',
    namespace: null,
  });
  it.each([
    [
      'Volume capabilities MULTI_NODE_MULTI_WRITER not supported. Only AccessModes[ReadWriteOnce] supported.',
      'storage.claim-access-mode-mismatch',
    ],
    ['specified multi writer with mount access type', 'storage.claim-access-mode-mismatch'],
    [
      'NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes',
      'storage.claim-access-mode-mismatch',
    ],
    ['VolumeLimitExceeded: You have exceeded your maximum gp3 storage limit', 'cloud.quota-exceeded'],
    ['UnauthorizedOperation: You are not authorized to perform this operation.', 'cloud.permission-denied'],
    ['rpc error: code = Unavailable desc = connection refused', 'storage.claim-unbound'],
  ])('%s', (message, code) => {
    const events = [
      { kind: 'PersistentVolumeClaim', name: 'data', reason: 'ProvisioningFailed', message, lastAt: lately },
    ];
    expect(told(findingsWith([claim, fast], { events }))).toEqual([
      `error ${code} PersistentVolumeClaim/data`,
    ]);
  });
});

describe('what schedulers say', () => {
  const unplaced = (message: string, more: object = {}) =>
    pod(name, 'web', {
      spec: { nodeName: undefined, ...more },
      status: {
        phase: 'Pending',
        conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }],
        containerStatuses: [],
      },
    });
  it.each([
    [
      "3 node(s) didn't match pod affinity/anti-affinity, 3 node(s) didn't match pod affinity rules",
      'pod-affinity-unsatisfied',
    ],
    ["3 node(s) didn't satisfy existing pods anti-affinity rules", 'pod-anti-affinity-conflict'],
    ['3 node(s) had volume node affinity conflict', 'node-affinity-mismatch'],
    ["3 node(s) didn't match the requested node name", 'node-affinity-mismatch'],
    ['3 node(s) exceed max volume count', 'insufficient-other'],
    ['3 cannot allocate all claims', 'insufficient-other'],
  ])('%s', (reason, code) =>
    expect(codes([node('n1'), unplaced(`0/3 nodes are available: ${reason}.`)])).toEqual([
      `scheduling.${code} Deployment/web`,
    ]),
  );

  it('a claim that is named is the one to look at where no claims were read', () => {
    const mounts = { volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] };
    const waits = unplaced(
      '0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.',
      mounts,
    );
    expect(codes([waits])).toEqual(['storage.claim-unbound PersistentVolumeClaim/data']);
  });

  it('a pod for which a node is being made works in part', () => {
    const events = [
      { name, type: 'Normal', reason: 'TriggeredScaleUp', message: 'pod triggered scale-up', lastAt: lately },
    ];
    const waits = unplaced('0/3 nodes are available: 3 Insufficient cpu.');
    expect(codes([waits], { events })).toEqual(['warning scheduling.insufficient-cpu Deployment/web']);
  });
});

describe('where events alone tell of a pod', () => {
  it.each([
    ['Failed', 'Failed to pull image "web:9": manifest unknown', 'image.bad-reference Deployment/web'],
    [
      'FailedScheduling',
      '0/3 nodes are available: 3 Insufficient cpu.',
      'scheduling.insufficient-cpu Deployment/web',
    ],
    [
      'FailedMount',
      'MountVolume.SetUp failed for volume "c" : configmap "rules" not found',
      'config.configmap-missing ConfigMap/rules',
    ],
    [
      'Failed',
      "Error: couldn't find key PASSWORD in Secret market/web",
      'config.secret-key-missing Secret/web',
    ],
    ['BackOff', 'Back-off restarting failed container app in pod web', 'container.crash-exit Deployment/web'],
    [
      'Unhealthy',
      'Liveness probe failed: HTTP probe failed with statuscode: 404',
      'probe.liveness-path Deployment/web',
    ],
  ])('%s: %s', (reason, message, finding) => {
    expect(told(findingsWith([], { read: ['deployments'], ...said(reason, message) }))).toEqual([
      `error ${finding}`,
    ]);
    // Pods were read, and it is none of them: it is gone.
    expect(told(findingsWith([], { read: ['pods'], ...said(reason, message) }))).toEqual([]);
  });

  it('what came after it is well', () => {
    const { events = [] } = said('Failed', 'Failed to pull image "web:9": i/o timeout');
    const pulled = {
      name,
      type: 'Normal',
      reason: 'Pulled',
      message: 'Successfully pulled image',
      lastAt: '2026-03-04T11:59:50Z',
    };
    expect(told(findingsWith([], { read: ['deployments'], events: [...events, pulled] }))).toEqual([]);
  });
});

describe('objects that do not go', () => {
  const leaving = (since: string, finalizers: string[], kind = 'Widget') =>
    object({ kind, name: 'w', metadata: { deletionTimestamp: since, finalizers } });
  it('are held by a finalizer that nobody takes off', () => {
    expect(told(findingsWith([leaving('2026-03-04T10:00:00Z', ['example.com/hook'])]))).toEqual([
      'warning workload.other Widget/w',
    ]);
  });
  it('go in a while, or wait for their users', () => {
    expect(told(findingsWith([leaving(lately, ['example.com/hook'])]))).toEqual([]);
    const protectedClaim = leaving(
      '2026-03-04T10:00:00Z',
      ['kubernetes.io/pvc-protection'],
      'PersistentVolumeClaim',
    );
    expect(told(findingsWith([protectedClaim]))).toEqual([]);
  });
});
