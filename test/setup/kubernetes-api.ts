import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCodeOf } from '#domain/errors.ts';
import { freePorts } from '#machine/ports.ts';
import { findPrograms } from '#machine/program.ts';
import { type SupervisedProcess, startSupervised } from '#machine/supervised-process.ts';
import { type ApiClient, createApiClient } from '#mcp-tools/kubernetes/api-client.ts';
import { writeKubeconfig } from '#range/cluster/kubeconfig.ts';
import { type CertificateAuthority, type KeyPairPem, openPki } from '#range/cluster/pki.ts';
import { rangePrograms } from '#range/programs.ts';

/** A real API server with etcd and the controller manager, on loopback, of this test alone. No node runs a pod. */
export type KubernetesApi = {
  readonly url: string;
  /** Kubeconfig files of an administrator and of accounts made by name. */
  readonly adminKubeconfig: string;
  readonly kubeconfigOf: (user: string, groups?: readonly string[]) => Promise<string>;
  /** The administrator's client. */
  readonly admin: ApiClient;
  /** A folder of this test's own. */
  readonly folder: string;
  readonly caPem: string;
  readonly stop: () => Promise<void>;
};

const clusterName = 'test-cluster';

type ControlPlanePrograms = {
  readonly etcd: string;
  readonly kubeApiserver: string;
  readonly kubeControllerManager: string;
};

/** The range's own; on a machine that has none of them yet they are fetched or built, which takes minutes. */
async function findControlPlanePrograms(): Promise<ControlPlanePrograms> {
  const { etcd, kubeApiserver, kubeControllerManager } = rangePrograms;
  const found = await findPrograms([etcd, kubeApiserver, kubeControllerManager]);
  const pathOf = (index: number): string => found[index]?.path ?? '';
  return { etcd: pathOf(0), kubeApiserver: pathOf(1), kubeControllerManager: pathOf(2) };
}

type Setup = {
  readonly folder: string;
  readonly ports: {
    readonly etcd: number;
    readonly etcdPeer: number;
    readonly api: number;
    readonly manager: number;
  };
  readonly programs: ControlPlanePrograms;
};

function logAndPid(folder: string, name: string) {
  return { logFile: join(folder, `${name}.log`), pidFile: join(folder, `${name}.pid`) };
}

function startEtcd({ folder, ports, programs }: Setup): Promise<SupervisedProcess> {
  const client = `http://127.0.0.1:${ports.etcd}`;
  const peer = `http://127.0.0.1:${ports.etcdPeer}`;
  return startSupervised({
    name: 'etcd',
    command: programs.etcd,
    args: [
      `--data-dir=${join(folder, 'etcd')}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      '--unsafe-no-fsync',
      '--log-level=error',
    ],
    env: {},
    ...logAndPid(folder, 'etcd'),
    isReady: async () => (await fetch(`${client}/health`)).ok,
  });
}

function startApiServer({ folder, ports, programs }: Setup, admin: ApiClient): Promise<SupervisedProcess> {
  return startSupervised({
    name: 'kube-apiserver',
    command: programs.kubeApiserver,
    args: [
      '--bind-address=127.0.0.1',
      `--secure-port=${ports.api}`,
      '--service-cluster-ip-range=10.250.0.0/20',
      `--etcd-servers=http://127.0.0.1:${ports.etcd}`,
      `--tls-cert-file=${join(folder, 'server.crt')}`,
      `--tls-private-key-file=${join(folder, 'server.key')}`,
      `--client-ca-file=${join(folder, 'pki', 'cluster-ca.crt')}`,
      '--authorization-mode=RBAC',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${join(folder, 'pki', 'service-accounts.pub')}`,
      `--service-account-signing-key-file=${join(folder, 'pki', 'service-accounts.key')}`,
      '--kubelet-preferred-address-types=InternalIP',
    ],
    env: {},
    ...logAndPid(folder, 'kube-apiserver'),
    isReady: async () => {
      await admin.text({ path: '/readyz', signal: AbortSignal.timeout(10_000) });
      return true;
    },
    // A test's cluster is thrown away: nothing is worth waiting for.
    stopSignal: 'SIGKILL',
  });
}

function startControllerManager(
  { folder, ports, programs }: Setup,
  kubeconfig: string,
): Promise<SupervisedProcess> {
  return startSupervised({
    name: 'kube-controller-manager',
    command: programs.kubeControllerManager,
    args: [
      `--kubeconfig=${kubeconfig}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${ports.manager}`,
      `--cert-dir=${join(folder, 'manager')}`,
      '--leader-elect=false',
      `--service-account-private-key-file=${join(folder, 'pki', 'service-accounts.key')}`,
    ],
    env: {},
    ...logAndPid(folder, 'kube-controller-manager'),
    stopSignal: 'SIGKILL',
  });
}

async function writePair(folder: string, name: string, pair: KeyPairPem): Promise<void> {
  await writeFile(join(folder, `${name}.crt`), pair.certificatePem);
  await writeFile(join(folder, `${name}.key`), pair.privateKeyPem, { mode: 0o600 });
}

function kubeconfigWriter(folder: string, url: string, authority: CertificateAuthority) {
  return async (user: string, groups: readonly string[] = []): Promise<string> => {
    const path = join(folder, `${user}.kubeconfig`);
    const [organization] = groups;
    const credential = await authority.issue({
      commonName: user,
      usage: 'client',
      ...(organization === undefined ? {} : { organization }),
    });
    await writeKubeconfig(
      path,
      { name: clusterName, server: url, caPem: authority.certificatePem },
      { name: user, credential },
    );
    return path;
  };
}

/** Waits until something is so; throws after `timeoutMs` (default 60 s). */
export async function eventually<Value>(
  look: () => Promise<Value | undefined>,
  timeoutMs = 60_000,
): Promise<Value> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const value = await look();
    if (value !== undefined) return value;
    if (performance.now() > endMs) throw new Error(`it did not come about within ${timeoutMs} ms`);
    await sleep(50);
  }
}

/** The controller manager is at work when the service account of the default namespace is there. */
async function untilControllersWork(admin: ApiClient): Promise<void> {
  const path = '/api/v1/namespaces/default/serviceaccounts/default';
  await eventually(async () => {
    try {
      return await admin.json({ path, signal: AbortSignal.timeout(30_000) });
    } catch (error) {
      if (errorCodeOf(error) !== 'not-found') throw error;
      return undefined;
    }
  }, 180_000);
}

/** Time for the hook that starts it: on a machine that must build the programs first this is minutes. */
export const startKubernetesApiTimeoutMs = 20 * 60_000;

/**
 * Starts an API server, etcd and the controller manager; takes 5 to 10 s. Call `stop` when the test is over.
 * @param options.controllers false: objects stay as the test makes them
 */
export async function startKubernetesApi(
  options: { readonly controllers?: boolean } = {},
): Promise<KubernetesApi> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-api-'));
  const programs = await findControlPlanePrograms();
  const [etcd = 0, etcdPeer = 0, api = 0, manager = 0] = await freePorts([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  const setup = { folder, programs, ports: { etcd, etcdPeer, api, manager } };
  const pki = await openPki(join(folder, 'pki'));
  const server = await pki.cluster.issue({
    commonName: 'kube-apiserver',
    usage: 'server',
    ipAddresses: ['127.0.0.1', '10.250.0.1'],
    dnsNames: ['localhost'],
  });
  await writePair(folder, 'server', server);
  const url = `https://127.0.0.1:${api}`;
  const kubeconfigOf = kubeconfigWriter(folder, url, pki.cluster);
  const adminKubeconfig = await kubeconfigOf('admin', ['system:masters']);
  const admin = createApiClient({ name: clusterName, kubeconfig: adminKubeconfig });
  const running: SupervisedProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((process) => process.stop()));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    running.push(await startEtcd(setup));
    running.push(await startApiServer(setup, admin));
    if (options.controllers !== false) {
      running.push(await startControllerManager(setup, adminKubeconfig));
      await untilControllersWork(admin);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, adminKubeconfig, kubeconfigOf, admin, folder, caPem: pki.cluster.certificatePem, stop };
}
