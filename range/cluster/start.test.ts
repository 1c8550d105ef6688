import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AppsV1Api,
  AuthorizationV1Api,
  CoreV1Api,
  type KubeConfig,
  PatchStrategy,
  setHeaderOptions,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRangePrograms } from '../find-programs.ts';
import { buildImage } from '../images/build-image.ts';
import { nodeLayer, nodePathInImage } from '../images/node-layer.ts';
import { actorUser } from './accounts.ts';
import { rangeIdOf } from './addresses.ts';
import { type AuditedWrite, readWrites, tookEffect } from './audit-log.ts';
import { type Cluster, openCluster } from './cluster.ts';
import { attachGivenCluster } from './given-cluster.ts';
import { loadKubeconfig } from './kubeconfig.ts';
import { findLeftovers } from './leftovers.ts';
import { applyObjects, type ManifestObject } from './manifests.ts';
import { assertIsRange, marker } from './marker.ts';
import { type ClusterPrograms, resetCluster, startCluster } from './start.ts';
import { enterHostileShell, type HostileShell } from './testing/hostile-shell.ts';
import { eventually, pod, web, webDeployment, webService } from './testing/workloads.ts';

const reasonToSkip =
  process.platform !== 'linux' ? 'not Linux' : process.getuid?.() !== 0 ? 'not root' : undefined;
const title = reasonToSkip === undefined ? 'a real cluster' : `a real cluster (skipped: ${reasonToSkip})`;

// Building everything from source takes about ten minutes where nothing is cached.
const programsTimeoutMs = 25 * 60_000;
const stepTimeoutMs = 5 * 60_000;
const rangeName = 'test-range';

describe.skipIf(reasonToSkip !== undefined)(title, { timeout: stepTimeoutMs }, () => {
  let folder: string;
  let stateFolder: string;
  let programs: ClusterPrograms;
  let cluster: Cluster;
  let admin: KubeConfig;
  let core: CoreV1Api;
  let image: string;
  let shell: HostileShell;

  const start = (): Promise<Cluster> =>
    startCluster({ stateFolder, rangeName, programs, applicationNamespaces: ['shop'] });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'range-test-'));
    stateFolder = join(folder, 'state');
    shell = await enterHostileShell(folder);
    programs = (await findRangePrograms()).cluster;
    image = await buildImage(
      { ref: 'test.local/node:1', entrypoint: [nodePathInImage], layers: [await nodeLayer()] },
      join(folder, 'images'),
    );
  }, programsTimeoutMs);

  afterAll(async () => {
    await cluster?.stop();
    shell.leave();
    await rm(folder, { recursive: true, force: true });
  }, stepTimeoutMs);

  function use(started: Cluster): void {
    cluster = started;
    admin = loadKubeconfig(cluster.kubeconfigs.admin);
    core = admin.makeApiClient(CoreV1Api);
  }

  async function logOf(name: string): Promise<string> {
    return eventually(
      () => core.readNamespacedPodLog({ namespace: 'shop', name }),
      (text) => text !== '',
    );
  }

  async function phaseOf(name: string): Promise<string | undefined> {
    return (await core.readNamespacedPod({ namespace: 'shop', name })).status?.phase;
  }

  it('cleans up after a run that was killed, and takes over', async () => {
    const code = `
      import { startCluster } from ${JSON.stringify(new URL('./start.ts', import.meta.url).href)};
      const cluster = await startCluster(${JSON.stringify({ stateFolder, rangeName, programs })});
      process.stdout.write(cluster.rangeId);
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: new URL('.', import.meta.url),
    });
    const [printed] = await once(child.stdout, 'data');
    const rangeId = String(printed);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const left = await findLeftovers(rangeId);
    expect(left.processes.length).toBeGreaterThan(5);

    use(await start());
    expect(cluster.rangeId).toBe(rangeId);
    const now = cluster.processes().map((process) => process.pid);
    expect(left.processes.filter((pid) => now.includes(pid))).toEqual([]);
    for (const pid of left.processes) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('says which part does not start, and leaves nothing', async () => {
    const broken = { ...programs, node: { ...programs.node, kubelet: '/bin/false' } };
    const attempt = startCluster({ stateFolder: join(folder, 'broken'), rangeName, programs: broken });
    await expect(attempt).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('node-1-kubelet'),
    });
    const id = rangeIdOf(join(folder, 'broken'), rangeName);
    expect(await findLeftovers(id)).toEqual({ processes: [], links: [], cgroups: [] });
  });

  it('is marked, private, and known to a second terminal', async () => {
    expect(await assertIsRange(cluster.kubeconfigs.admin, cluster.rangeId)).toBe(cluster.rangeId);
    expect(await assertIsRange(cluster.kubeconfigs.reader)).toBe(cluster.rangeId);
    for (const path of [...Object.values(cluster.kubeconfigs), cluster.prometheusTokenPath]) {
      expect((await stat(path)).mode & 0o777).toBe(0o600);
    }
    expect((await openCluster({ stateFolder, rangeName })).kubeconfigs).toEqual(cluster.kubeconfigs);
    await expect(start()).rejects.toMatchObject({
      code: 'already-running',
      message: expect.stringContaining(String(process.pid)),
    });
    expect(cluster.processes()).toHaveLength(8);
  });

  it('runs pods from an image of our own, with a Service that answers by address and by name', async () => {
    await cluster.importImage(image);
    await applyObjects(admin, [webDeployment(1), webService]);
    const service = await core.readNamespacedService({ namespace: 'shop', name: 'web' });
    const answer = await eventually(
      async () =>
        (await fetch(`http://${service.spec?.clusterIP}/`, { signal: AbortSignal.timeout(1000) })).text(),
      (text) => text.startsWith('hello from web-'),
    );
    expect(answer).toMatch(/^hello from web-/);

    const ask = `fetch('http://web.shop.svc.cluster.local/').then((r) => r.text()).then(console.log);
      fetch('http://web/').then((r) => r.text()).then(console.log);
      require('node:dns').lookup('example.com', (error) => console.log('outside', error?.code));`;
    await applyObjects(admin, [pod('client', { args: ['-e', ask] })]);
    await eventually(
      () => phaseOf('client'),
      (phase) => phase === 'Succeeded',
    );
    const log = await logOf('client');
    expect(log.match(/hello from web-/g)).toHaveLength(2);
    expect(log).toContain('outside ENOTFOUND');
  });

  it('kills what takes more memory than its limit', async () => {
    const eat = 'const all = []; for (;;) all.push(Buffer.alloc(4e6, 1));';
    const resources = { limits: { memory: '80Mi' } };
    await applyObjects(admin, [pod('glutton', { args: ['-e', eat], resources })]);
    const ended = await eventually(
      async () =>
        (await core.readNamespacedPod({ namespace: 'shop', name: 'glutton' })).status?.containerStatuses,
      (statuses) => statuses?.[0]?.state?.terminated !== undefined,
    );
    expect(ended?.[0]?.state?.terminated).toMatchObject({ reason: 'OOMKilled', exitCode: 137 });
  });

  it('serves container metrics to the prometheus account, and nothing to strangers', async () => {
    const token = await readFile(cluster.prometheusTokenPath, 'utf8');
    const path = `/api/v1/nodes/${cluster.nodeNames[0]}/proxy/metrics/cadvisor`;
    const ca = await readFile(cluster.caPath, 'utf8');
    const { Agent, fetch: fetchWith } = await import('undici');
    const dispatcher = new Agent({ connect: { ca } });
    const kubelet = `https://${cluster.nodes[0]?.ip}:10250/metrics/cadvisor`;
    const allowed = await fetchWith(kubelet, { dispatcher, headers: { authorization: `Bearer ${token}` } });
    expect(await allowed.text()).toMatch(/container_memory_working_set_bytes\{[^}]*pod="web-/);
    expect((await fetchWith(kubelet, { dispatcher })).status).toBe(401);
    expect((await fetchWith(`${cluster.apiServerUrl}${path}`, { dispatcher })).status).toBe(403);
    await dispatcher.destroy();
  });

  describe('the accounts', () => {
    type Question = [
      verb: string,
      group: string,
      resource: string,
      namespace?: string | undefined,
      subresource?: string,
    ];
    async function may(
      kubeconfig: string,
      [verb, group, resource, namespace, subresource]: Question,
    ): Promise<boolean> {
      const review = await loadKubeconfig(kubeconfig)
        .makeApiClient(AuthorizationV1Api)
        .createSelfSubjectAccessReview({
          body: {
            spec: {
              resourceAttributes: {
                verb,
                group,
                resource,
                ...(namespace === undefined ? {} : { namespace }),
                ...(subresource === undefined ? {} : { subresource }),
              },
            },
          },
        });
      return review.status?.allowed ?? false;
    }

    it.each<Question>([
      ['list', '', 'pods'],
      ['get', '', 'pods', 'kube-system', 'log'],
      ['watch', 'apps', 'deployments'],
      ['list', '', 'nodes'],
      ['get', '', 'configmaps', 'kube-system'],
      ['list', 'discovery.k8s.io', 'endpointslices'],
    ])('let the reader %s %s%s', async (...question) => {
      expect(await may(cluster.kubeconfigs.reader, question)).toBe(true);
    });

    it.each<Question>([
      ['get', '', 'secrets', 'shop'],
      ['list', '', 'secrets'],
      ['delete', '', 'pods', 'shop'],
      ['patch', 'apps', 'deployments', 'shop'],
      ['create', '', 'pods', 'shop', 'exec'],
      ['create', '', 'serviceaccounts', 'understudy', 'token'],
      ['get', '', 'nodes', undefined, 'proxy'],
    ])('do not let the reader %s %s%s', async (...question) => {
      expect(await may(cluster.kubeconfigs.reader, question)).toBe(false);
    });

    it.each<Question>([
      ['patch', 'apps', 'deployments', 'shop'],
      ['patch', 'apps', 'statefulsets', 'shop'],
      ['patch', 'apps', 'deployments', 'shop', 'scale'],
      ['patch', '', 'services', 'shop'],
      ['patch', '', 'configmaps', 'shop'],
      ['delete', '', 'pods', 'shop'],
      ['create', '', 'pods', 'shop', 'eviction'],
      ['patch', '', 'nodes'],
    ])('let the actor %s %s%s', async (...question) => {
      expect(await may(cluster.kubeconfigs.actor, question)).toBe(true);
    });

    it.each<Question>([
      ['get', '', 'secrets', 'shop'],
      ['create', '', 'pods', 'shop'],
      ['create', '', 'pods', 'shop', 'exec'],
      ['delete', 'apps', 'deployments', 'shop'],
      ['delete', '', 'nodes'],
      ['patch', '', 'configmaps', 'kube-system'],
      ['get', '', 'configmaps', 'kube-system'],
      ['patch', 'apps', 'deployments', 'kube-system'],
      ['delete', '', 'pods', 'kube-system'],
      ['patch', 'apps', 'deployments', 'default'],
      ['patch', '', 'configmaps', 'understudy'],
      ['create', '', 'serviceaccounts', 'understudy', 'token'],
      ['patch', 'rbac.authorization.k8s.io', 'clusterroles'],
    ])('do not let the actor %s %s%s', async (...question) => {
      expect(await may(cluster.kubeconfigs.actor, question)).toBe(false);
    });

    it('never open the cluster’s own namespaces', async () => {
      await expect(cluster.openNamespaces(['shop', 'kube-system'])).rejects.toMatchObject({
        code: 'forbidden',
      });
      await cluster.openNamespaces(['shop-two']);
      expect(await may(cluster.kubeconfigs.actor, ['patch', 'apps', 'deployments', 'shop-two'])).toBe(true);
    });
  });

  it('writes down every write of the actor: taken, dry run and refused', async () => {
    const since = new Date().toISOString();
    const apps = loadKubeconfig(cluster.kubeconfigs.actor).makeApiClient(AppsV1Api);
    const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
    const target = { namespace: 'shop', name: 'web', body: { spec: { replicas: 2 } } };
    await apps.patchNamespacedDeployment({ ...target, dryRun: 'All' }, merge);
    await apps.patchNamespacedDeployment(target, merge);
    await expect(
      apps.patchNamespacedDeployment({ ...target, namespace: 'kube-system' }, merge),
    ).rejects.toMatchObject({ code: 403 });
    const { auditLogPath } = cluster;
    if (auditLogPath === undefined) throw new Error('a full cluster has an audit log');
    const writes = await eventually(
      async () => {
        const found: AuditedWrite[] = [];
        for await (const write of readWrites({ auditLogPath, user: actorUser, since })) found.push(write);
        return found;
      },
      (found) => found.length === 3,
    );
    expect(
      writes.map((write) => [write.verb, write.objectRef.namespace, write.dryRun, write.responseCode]),
    ).toEqual([
      ['patch', 'shop', true, 200],
      ['patch', 'shop', false, 200],
      ['patch', 'kube-system', false, 403],
    ]);
    expect(writes.filter(tookEffect)).toHaveLength(1);
    expect(await readFile(auditLogPath, 'utf8')).toContain('"requestObject":{"spec":{"replicas":2}}');
  });

  it('starts a killed kubelet again, and its pods go on', async () => {
    const [served] = await eventually(
      async () => (await core.listNamespacedPod({ namespace: 'shop', labelSelector: 'app=web' })).items,
      (items) => items.length === 2 && items.every((item) => item.status?.containerStatuses?.[0]?.ready),
    );
    const before = cluster.processes().find((process) => process.name === 'node-1-kubelet');
    if (before === undefined) throw new Error('no kubelet runs');
    process.kill(before.pid, 'SIGKILL');
    await eventually(
      async () => cluster.processes().find((process) => process.name === 'node-1-kubelet'),
      (now) => now !== undefined && now.pid !== before.pid,
    );
    await applyObjects(admin, [pod('after', { args: ['-e', 'console.log("still here")'] })]);
    expect(await logOf('after')).toContain('still here');
    const same = await core.readNamespacedPod({ namespace: 'shop', name: served?.metadata?.name ?? '' });
    expect(same.status?.containerStatuses?.[0]?.containerID).toBe(
      served?.status?.containerStatuses?.[0]?.containerID,
    );
  });

  it('is refused as somebody’s test cluster until it is marked on request', async () => {
    const given = {
      kubeconfig: cluster.kubeconfigs.admin,
      context: admin.getCurrentContext(),
      stateFolder: join(folder, 'given'),
      rangeName: 'given',
    };
    await core.deleteNamespacedConfigMap({ ...marker });
    await expect(assertIsRange(cluster.kubeconfigs.admin)).rejects.toMatchObject({ code: 'not-the-range' });
    await expect(attachGivenCluster({ ...given, markAsRange: false })).rejects.toMatchObject({
      code: 'not-the-range',
    });
    const attached = await attachGivenCluster({ ...given, markAsRange: true });
    expect(await assertIsRange(attached.kubeconfigs.reader)).toBe(attached.rangeId);
    expect(attached.nodeNames).toEqual(['node-1']);
    await expect(attached.importImage(image)).rejects.toMatchObject({ code: 'not-supported' });
  });

  it('stands beside a second range with two nodes whose pods reach one another', async () => {
    const second = await startCluster({
      stateFolder: join(folder, 'second'),
      rangeName,
      programs,
      nodes: 2,
      applicationNamespaces: ['shop'],
    });
    try {
      expect(second.bridgeAddress).not.toBe(cluster.bridgeAddress);
      await second.importImage(image);
      const config = loadKubeconfig(second.kubeconfigs.admin);
      const on = (name: string, nodeName: string, args: string[]): ManifestObject =>
        pod(name, { args }, { labels: { app: name }, nodeName });
      const service = {
        ...webService,
        spec: { selector: { app: 'server' }, ports: [{ port: 80, targetPort: 8080 }] },
      };
      const ask = `const go = () => fetch('http://web/').then((r) => r.text()).then(console.log, () => setTimeout(go, 200)); go();`;
      await applyObjects(config, [
        service,
        on('server', 'node-1', ['-e', web]),
        on('client', 'node-2', ['-e', ask]),
      ]);
      const api = config.makeApiClient(CoreV1Api);
      const log = await eventually(
        () => api.readNamespacedPodLog({ namespace: 'shop', name: 'client' }),
        (text) => text !== '',
      );
      expect(log).toContain('hello from server');
    } finally {
      await second.stop();
    }
    expect(await findLeftovers(second.rangeId)).toEqual({ processes: [], links: [], cgroups: [] });
    const smaller = await startCluster({ stateFolder: join(folder, 'second'), rangeName, programs });
    const names = (await loadKubeconfig(smaller.kubeconfigs.admin).makeApiClient(CoreV1Api).listNode()).items;
    expect(names.map((node) => node.metadata?.name)).toEqual(['node-1']);
    await smaller.stop();
    expect(
      (await core.readNode({ name: 'node-1' })).status?.conditions?.find((c) => c.type === 'Ready')?.status,
    ).toBe('True');
  });

  it('leaves nothing on the machine when it stops', async () => {
    await cluster.stop();
    expect(await findLeftovers(cluster.rangeId)).toEqual({ processes: [], links: [], cgroups: [] });
    expect(await readFile('/proc/self/mountinfo', 'utf8')).not.toContain(stateFolder);
    // What ranges share goes with the last of them; somebody else's may be running.
    const others = await readdir('/run/understudy/ranges').catch(() => []);
    expect(others).not.toContain(`${cluster.rangeId}.json`);
    for (const path of others.length > 0 ? [] : ['/run/understudy', '/var/lib/kubelet', '/var/lib/cni']) {
      await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
    }
    await expect(openCluster({ stateFolder, rangeName })).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('comes back with everything it had', async () => {
    use(await start());
    const service = await core.readNamespacedService({ namespace: 'shop', name: 'web' });
    await eventually(
      async () =>
        (await fetch(`http://${service.spec?.clusterIP}/`, { signal: AbortSignal.timeout(1000) })).text(),
      (text) => text.startsWith('hello from web-'),
    );
    const pods = await eventually(
      async () => (await core.listNamespacedPod({ namespace: 'shop', labelSelector: 'app=web' })).items,
      (items) => items.length === 2 && items.every((item) => item.status?.containerStatuses?.[0]?.ready),
    );
    expect(pods.map((item) => item.status?.containerStatuses?.[0]?.restartCount)).toEqual([0, 0]);
    await cluster.stop();
  });

  it('forgets everything on request', async () => {
    await resetCluster({ stateFolder, rangeName });
    await expect(stat(stateFolder)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('never went to the shell’s cluster', () => {
    expect(shell.visits()).toBe(0);
  });
});
