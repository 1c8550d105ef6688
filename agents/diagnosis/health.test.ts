import { describe, expect, it } from 'vitest';
import type { Labels } from '#domain/alert.ts';
import { investigate } from '../testing/investigate.ts';
import { nodeOf } from '../testing/objects.ts';
import { disturb, edit, healthyShop, namings, type Shop, shifted, times } from '../testing/shop.ts';
import { alertOf } from '../testing/world.ts';

const [naming] = namings;
if (naming === undefined) throw new Error('no naming');
const { namespace } = naming;

function alertAbout(shop: Shop, labels: Labels, summary = ''): Shop {
  shop.world.alerts = [alertOf({ namespace, severity: 'warning', ...labels }, times.alertAt, summary)];
  return shop;
}

async function verdict(shop: Shop) {
  const { diagnosis } = await investigate(shop.world, shifted(times.asOf, 120));
  return { verdict: diagnosis.verdict, gaps: diagnosis.gaps.join('\n') };
}

/** A StatefulSet or DaemonSet: kinds that tell of their trouble by numbers alone. */
function addSet(shop: Shop, kind: 'StatefulSet' | 'DaemonSet', ready: number): void {
  const labels = { app: 'vault' };
  const status =
    kind === 'DaemonSet'
      ? { desiredNumberScheduled: 3, numberReady: ready, updatedNumberScheduled: 3 }
      : { replicas: 3, readyReplicas: ready, updatedReplicas: 3 };
  shop.world.objects.push({
    kind,
    metadata: { name: 'vault', namespace, creationTimestamp: times.deployedAt },
    spec: { replicas: 3, selector: { matchLabels: labels }, template: { metadata: { labels } } },
    status,
  });
}

describe('what is called healthy', () => {
  it.each([
    ['StatefulSet', 'statefulset'],
    ['DaemonSet', 'daemonset'],
  ] as const)('a %s of which all pods are ready, and none of which some are missing', async (kind, label) => {
    const about = { alertname: 'ReplicasMismatch', [label]: 'vault' };
    const short = alertAbout(healthyShop(naming), about);
    addSet(short, kind, 1);
    expect(await verdict(short)).toMatchObject({
      verdict: 'unknown',
      gaps: expect.stringContaining(`${kind} ${namespace}/vault: 1 of 3 replicas are ready`),
    });
    const full = alertAbout(healthyShop(naming), about);
    addSet(full, kind, 3);
    expect(await verdict(full)).toMatchObject({ verdict: 'healthy' });
  });

  it('no workload that could not be seen', async () => {
    const shop = alertAbout(healthyShop(naming), { alertname: 'ReplicasMismatch', statefulset: 'vault' });
    expect(await verdict(shop)).toMatchObject({
      verdict: 'unknown',
      gaps: expect.stringContaining('it could not be seen'),
    });
  });

  it('no pod that is gone, unless whose it was is well', async () => {
    const shop = healthyShop(naming);
    alertAbout(shop, { alertname: 'PodNotReady', pod: `${shop.near}-5c8d7f6b49-x1x1x` });
    expect(await verdict(shop)).toMatchObject({ verdict: 'healthy' });
    alertAbout(shop, { alertname: 'PodNotReady', pod: 'nightly-report-x1x1x' });
    expect(await verdict(shop)).toMatchObject({ verdict: 'unknown' });
  });

  it('no volume that may be full, and no autoscaler at its limit', async () => {
    const shop = healthyShop(naming);
    shop.world.objects.push(
      {
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'data', namespace },
        status: { phase: 'Bound' },
      },
      {
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'wide', namespace },
        spec: { minReplicas: 1, maxReplicas: 4 },
        status: { currentReplicas: 4, desiredReplicas: 4 },
      },
    );
    const full = alertAbout(shop, { alertname: 'VolumeFillingUp', persistentvolumeclaim: 'data' });
    expect(await verdict(full)).toMatchObject({
      verdict: 'unknown',
      gaps: expect.stringContaining('how full it is was not looked at'),
    });
    const maxed = alertAbout(shop, { alertname: 'MaxedOut', horizontalpodautoscaler: 'wide' });
    expect(await verdict(maxed)).toMatchObject({
      verdict: 'unknown',
      gaps: expect.stringContaining('4 of 4 replicas, 4 at the most'),
    });
  });

  it('no node whose disk nobody looked at, and one that is ready where that is the question', async () => {
    const shop = healthyShop(naming);
    shop.world.objects.push(nodeOf('node-3'));
    const node = { namespace: '', node: 'node-3' };
    const disk = alertAbout(shop, { alertname: 'FilesystemAlmostOutOfSpace', ...node });
    expect(await verdict(disk)).toMatchObject({ verdict: 'unknown' });
    const ready = alertAbout(shop, { alertname: 'NodeNotReady', ...node });
    expect(await verdict(ready)).toMatchObject({ verdict: 'healthy' });
  });

  it('nothing while it is not known whether the rule is met still', async () => {
    const shop = healthyShop(naming);
    alertAbout(shop, { alertname: 'HighErrorRatio', service: shop.entry }, 'many requests fail');
    expect(await verdict(shop)).toMatchObject({ verdict: 'healthy' });
    shop.world.broken.monitors = 'connection refused';
    expect(await verdict(shop)).toMatchObject({
      verdict: 'unknown',
      gaps: expect.stringContaining("whether the alert's rule is met still is not known"),
    });
  });

  it('no service that lost most of its traffic', async () => {
    const shop = healthyShop(naming);
    alertAbout(shop, { alertname: 'HighErrorRatio', service: shop.entry }, 'many requests fail');
    disturb(shop, shop.entry, 'traffic', 3);
    expect(await verdict(shop)).toMatchObject({
      verdict: 'unknown',
      gaps: expect.stringContaining(`traffic of ${shop.entry}`),
    });
  });

  it('no service whose errors nobody tells any more, however quickly it answers', async () => {
    const shop = healthyShop(naming);
    alertAbout(shop, { alertname: 'HighErrorRatio', service: shop.entry }, 'many requests fail');
    disturb(shop, shop.entry, 'errors', undefined);
    expect(await verdict(shop)).toMatchObject({
      verdict: 'unknown',
      gaps: expect.stringContaining(`errors of ${shop.entry} are told no more`),
    });
  });

  it('nothing that an alert does not name', async () => {
    const shop = healthyShop(naming);
    shop.world.alerts = [alertOf({ alertname: 'ErrorBudgetBurn', severity: 'critical' }, times.alertAt)];
    expect(await verdict(shop)).toMatchObject({
      verdict: 'unknown',
      gaps: expect.stringContaining('it names nothing that could be looked at'),
    });
  });

  it('an object that is well although nothing measures it, and none that wants no pods', async () => {
    const shop = healthyShop(naming);
    shop.world.series = [];
    alertAbout(shop, { alertname: 'ReplicasMismatch', deployment: shop.near });
    expect(await verdict(shop)).toMatchObject({ verdict: 'healthy' });
    edit(shop, 'Deployment', shop.near, (deployment) => ({
      status: { ...(deployment.status as object), readyReplicas: 1, conditions: [] },
    }));
    expect(await verdict(shop)).toMatchObject({ verdict: 'unknown' });
  });
});
