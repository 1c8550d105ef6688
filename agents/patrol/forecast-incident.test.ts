import { expect, it } from 'vitest';
import { patrolAlertNames } from '#domain/patrol.ts';
import { investigate } from '../testing/investigate.ts';
import { healthyShop, namings, shifted, times } from '../testing/shop.ts';
import { alertOf } from '../testing/world.ts';

it.each([
  [patrolAlertNames.forecast, 'unknown'],
  ['SomebodyLooks', 'healthy'],
])(
  'in a well system an alert %s is answered with %s: what a forecast warns of cannot be seen yet',
  async (alertname, verdict) => {
    const [naming] = namings;
    if (naming === undefined) throw new Error('no naming');
    const { world, near } = healthyShop(naming);
    const labels = { alertname, namespace: naming.namespace, service: near, severity: 'warning' };
    world.alerts = [alertOf(labels, times.faultAt, 'it will be used up')];
    const { diagnosis } = await investigate(world, shifted(times.faultAt, 120), { alerts: world.alerts });
    expect(diagnosis?.verdict).toBe(verdict);
  },
);
