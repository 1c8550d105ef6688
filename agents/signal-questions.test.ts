import { describe, expect, it } from 'vitest';
import { secondsBetween } from '#domain/time.ts';
import { metricsWindow } from '#domain/tools/prometheus.ts';
import { investigate } from './testing/investigate.ts';
import { disturb, healthyShop, namings, shifted, times } from './testing/shop.ts';
import { alertOf } from './testing/world.ts';

const [naming] = namings;
if (naming === undefined) throw new Error('no naming');

describe('the signals of an alert of days ago', () => {
  it('are asked for in windows that a server answers, and what moved is seen', async () => {
    const shop = healthyShop(naming);
    disturb(shop, shop.entry, 'errors', 0.4);
    const labels = { alertname: 'HighErrorRatio', namespace: naming.namespace, service: shop.entry };
    shop.world.alerts = [alertOf(labels, times.alertAt, 'many requests fail')];
    const { view, diagnosis } = await investigate(shop.world, shifted(times.asOf, 3 * 86_400));
    const windows = view.evidence
      .filter(({ call }) => call.tool === metricsWindow.name)
      .map(({ call }) => metricsWindow.input.parse(call.arguments));
    expect(windows.length).toBeGreaterThan(2);
    for (const { from, to } of windows) expect(secondsBetween(from, to)).toBeLessThanOrEqual(6 * 3600);
    expect(diagnosis.hypotheses[0]).toMatchObject({ service: shop.entry });
  });
});
