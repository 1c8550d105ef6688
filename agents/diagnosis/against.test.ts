import { describe, expect, it } from 'vitest';
import { distinctQuotes, verifyQuote } from '../analysis/quotes.ts';
import { investigate } from '../testing/investigate.ts';
import {
  breakPods,
  crashed,
  disturb,
  faultUnix,
  healthyShop,
  namings,
  shifted,
  times,
} from '../testing/shop.ts';
import { alertOf } from '../testing/world.ts';

describe.each(namings)('what speaks against a hypothesis ($namespace)', (naming) => {
  it('is quoted literally: the service below that is broken itself, and what is calm', async () => {
    const shop = healthyShop(naming);
    const { namespace } = naming;
    breakPods(shop, shop.far, crashed(137, 'OOMKilled', shifted(times.faultAt, 15)));
    for (const service of [shop.entry, shop.near, shop.far]) {
      disturb(shop, service, 'errors', 0.4, faultUnix + 8);
    }
    breakPods(shop, shop.near, crashed(1, 'Error', shifted(times.faultAt, 20)));
    shop.world.alerts = [
      alertOf(
        { alertname: 'HighErrorRatio', namespace, service: shop.entry, severity: 'critical' },
        times.alertAt,
        'many requests fail',
      ),
    ];
    const { diagnosis, view } = await investigate(shop.world, times.asOf);
    const doubted = diagnosis.hypotheses.find(({ service }) => service === shop.near);
    expect(doubted?.against.length).toBeGreaterThan(0);
    expect(doubted?.explanation).toContain(`${shop.far}, which it calls, is broken itself`);
    for (const { against } of diagnosis.hypotheses) {
      for (const quote of against) expect(verifyQuote(view.evidence, quote)).toBe(true);
    }
  });
});

it('the same words from one source are one quote, as weighty as the weightiest', () => {
  const quote = { source: 'logs', ref: 'a', quote: 'refused', weight: 0.3 };
  const quotes = [quote, { ...quote, ref: 'b', weight: 0.7 }, { ...quote, source: 'kubernetes' }];
  expect(distinctQuotes(quotes)).toEqual([
    { ...quote, weight: 0.7 },
    { ...quote, source: 'kubernetes' },
  ]);
});
