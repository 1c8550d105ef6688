import { describe, expect, it } from 'vitest';
import type { Labels } from '#domain/alert.ts';
import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';
import { investigate } from '../testing/investigate.ts';
import { deploymentOf, nodeOf, templateOf, type WorkloadShape } from '../testing/objects.ts';
import {
  breakPods,
  crashed,
  disturb,
  edit,
  event,
  healthyShop,
  namings,
  type Shop,
  shifted,
  times,
} from '../testing/shop.ts';
import { alertOf } from '../testing/world.ts';

const [naming] = namings;
if (naming === undefined) throw new Error('no naming');
const { namespace } = naming;

function alertAbout(shop: Shop, labels: Labels, summary = ''): void {
  shop.world.alerts = [alertOf({ severity: 'warning', ...labels }, times.alertAt, summary)];
}

async function look(shop: Shop) {
  const { diagnosis, plan } = await investigate(shop.world, shifted(times.asOf, 120));
  return { ...diagnosis, plan };
}

/** A Deployment that wants no pods. */
function asleep(name: string, labels: Labels, more: Partial<KubernetesObject['metadata']> = {}) {
  const workload: WorkloadShape = {
    namespace,
    name,
    labels,
    container: { name: 'main', image: `registry.example/${name}:1`, port: 8080 },
    replicas: 0,
  };
  const template = templateOf(workload);
  const { deployedAt: createdAt } = times;
  const numbers = { revision: 1, ready: 0, updated: 0, total: 0 };
  const object = deploymentOf({ workload, template, createdAt, changedAt: createdAt, ...numbers });
  return { ...object, metadata: { ...object.metadata, ...more } };
}

function scaledDown(shop: Shop, name: string): void {
  const message = `Scaled down replica set ${name}-6d9c7b8f54 from 2 to 0`;
  event(shop, 'Deployment', name, 'ScalingReplicaSet', message, times.faultAt, { type: 'Normal', count: 1 });
}

describe('a workload at 0 replicas', () => {
  it('is no fault where another answers in its place, although it was scaled away just now', async () => {
    const shop = healthyShop(naming);
    shop.world.objects.push(asleep(`${shop.near}-blue`, { app: shop.near, colour: 'blue' }));
    scaledDown(shop, `${shop.near}-blue`);
    disturb(shop, shop.near, 'latency', 0.9);
    alertAbout(shop, { alertname: 'HighLatency', namespace, service: shop.near }, 'requests are slow');
    const found = await look(shop);
    expect(found.hypotheses[0]?.cause).not.toBe('workload.scaled-to-zero');
    expect(found.proposedFix).toEqual([]);
  });

  it('is no fault where nobody is known to have scaled it', async () => {
    const shop = healthyShop(naming);
    shop.world.objects.push(asleep('legacy-import', { app: 'legacy-import' }));
    alertAbout(shop, { alertname: 'HighErrorRatio', namespace }, 'many requests fail');
    expect(await look(shop)).toMatchObject({ proposedFix: [] });
    expect((await look(shop)).verdict).not.toBe('fault');
    scaledDown(shop, 'legacy-import');
    expect((await look(shop)).hypotheses[0]).toMatchObject({ cause: 'workload.scaled-to-zero' });
  });

  it('is no fault where somebody brings it up when there is work', async () => {
    const shop = healthyShop(naming);
    const kept = asleep('mailer', { app: 'mailer' }, { labels: { 'scaledobject.keda.sh/name': 'mailer' } });
    shop.world.objects.push(kept);
    scaledDown(shop, 'mailer');
    alertAbout(shop, { alertname: 'HighErrorRatio', namespace }, 'many requests fail');
    expect((await look(shop)).verdict).not.toBe('fault');
  });
});

describe('what an alert names', () => {
  it('is a node: its trouble is believed, although no pod of a service is known to suffer', async () => {
    const shop = healthyShop(naming);
    shop.world.objects.push(nodeOf('node-3', false));
    alertAbout(shop, { alertname: 'NodeNotReady', node: 'node-3' });
    expect(await look(shop)).toMatchObject({
      verdict: 'fault',
      hypotheses: [{ cause: 'node.not-ready', object: { kind: 'Node', name: 'node-3' } }],
    });
  });

  it('is a volume: what is broken elsewhere in its namespace is not on its way', async () => {
    const shop = healthyShop(naming);
    breakPods(shop, shop.aside, crashed(1, 'Error', shifted(times.faultAt, 20)));
    shop.world.objects.push({
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data', namespace },
      status: { phase: 'Bound' },
    });
    alertAbout(shop, { alertname: 'VolumeErrors', namespace, persistentvolumeclaim: 'data' });
    expect(await look(shop)).toMatchObject({ verdict: 'unknown', proposedFix: [] });
    edit(shop, 'Deployment', shop.aside, (deployment) => {
      const spec = deployment.spec as { template: { spec: object } };
      const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }];
      return { spec: { ...spec, template: { ...spec.template, spec: { ...spec.template.spec, volumes } } } };
    });
    expect((await look(shop)).hypotheses[0]).toMatchObject({
      cause: 'container.crash-exit',
      object: { name: shop.aside },
    });
    expect((await look(shop)).verdict).toBe('fault');
  });

  it('is nothing: then nothing that is broken somewhere is its cause', async () => {
    const shop = healthyShop(naming);
    breakPods(shop, shop.aside, crashed(137, 'OOMKilled', shifted(times.faultAt, 20)));
    alertAbout(shop, { alertname: 'ErrorBudgetBurn' });
    expect(await look(shop)).toMatchObject({ verdict: 'unknown', proposedFix: [] });
  });
});

describe('a cordoned node', () => {
  it('is believed where a pod of the alert fits nowhere else', async () => {
    const shop = healthyShop(naming);
    edit(shop, 'Node', 'node-2', () => ({ spec: { unschedulable: true } }));
    const waiting = shop.world.objects.find(
      ({ kind, metadata }) => kind === 'Pod' && metadata.name.startsWith(`${shop.near}-`),
    );
    if (waiting === undefined) throw new Error('no pod');
    const name = `${shop.near}-6d9c7b8f54-new01`;
    const message = '0/2 nodes are available: 2 node(s) were unschedulable.';
    shop.world.objects.push({
      ...waiting,
      metadata: { ...waiting.metadata, name, creationTimestamp: times.faultAt },
      spec: { ...(waiting.spec as object), nodeName: undefined },
      status: {
        phase: 'Pending',
        conditions: [{ type: 'PodScheduled', status: 'False', message, lastTransitionTime: times.faultAt }],
      },
    });
    alertAbout(shop, { alertname: 'PodNotReady', namespace, pod: name });
    expect(await look(shop)).toMatchObject({
      verdict: 'fault',
      hypotheses: [{ cause: 'scheduling.node-cordoned', object: { kind: 'Node', name: 'node-2' } }],
    });
  });
});
