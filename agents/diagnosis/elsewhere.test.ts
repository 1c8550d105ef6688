import { describe, expect, it } from 'vitest';
import { investigate } from '../testing/investigate.ts';
import {
  breakPods,
  crashed,
  disturb,
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

function callee(shop: Shop, name: string): boolean {
  return name === shop.far || name.startsWith(`${shop.far}-`);
}

/** A callee whose objects and series are in another namespace than the alert's. */
function moveCallee(shop: Shop, to: string): void {
  const { world } = shop;
  world.objects = world.objects.map((object) =>
    callee(shop, object.metadata.name)
      ? { ...object, metadata: { ...object.metadata, namespace: to } }
      : object,
  );
  world.series = world.series.map((series) => {
    if (series.info.emitter.service !== shop.far) return series;
    const emitter = { ...series.info.emitter, namespace: to };
    return { ...series, info: { ...series.info, emitter, labels: { ...series.info.labels, namespace: to } } };
  });
}

function failing(shop: Shop): Shop {
  for (const service of [shop.entry, shop.near, shop.far]) disturb(shop, service, 'errors', 0.4);
  const labels = { alertname: 'HighErrorRatio', namespace, service: shop.entry };
  shop.world.alerts = [alertOf(labels, times.alertAt, 'many requests fail')];
  return shop;
}

describe('a callee in another namespace', () => {
  it('is measured, and its objects are read', async () => {
    const shop = healthyShop(naming);
    breakPods(shop, shop.far, crashed(2, 'Error', shifted(times.faultAt, 15)));
    moveCallee(shop, 'money');
    const { diagnosis } = await investigate(failing(shop).world, shifted(times.asOf, 60));
    expect(diagnosis.verdict).toBe('fault');
    expect(diagnosis.hypotheses[0]).toMatchObject({
      cause: 'container.crash-exit',
      object: { kind: 'Deployment', namespace: 'money', name: shop.far },
    });
    expect(diagnosis.hypotheses.map(({ cause }) => cause)).not.toContain('config.configmap-missing');
  });

  it('that nobody has a Service for is outside, and in no namespace of ours', async () => {
    const shop = failing(healthyShop(naming));
    shop.world.objects = shop.world.objects.filter(({ metadata }) => !callee(shop, metadata.name));
    const { diagnosis } = await investigate(shop.world, shifted(times.asOf, 60));
    const [first] = diagnosis.hypotheses;
    expect(first?.object).toEqual({ cluster: naming.cluster, kind: 'Service', name: shop.far });
    expect(first?.cause).toBe('dependency.external-down');
  });
});
