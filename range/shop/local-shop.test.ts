import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serviceNames } from './blueprint.ts';
import { createLocalShop, type LocalShop } from './local-shop.ts';

let shop: LocalShop;

beforeEach(async () => {
  shop = await createLocalShop();
});

afterEach(() => shop.stop());

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

async function post(url: string, body: unknown): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(url, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, 'x-request-id': 'request-7' },
  });
  return { status: answer.status, body: await answer.json() };
}

async function buy(quantity: number): Promise<{ status: number; body: unknown }> {
  const front = shop.url('storefront');
  const cartId = `cart-of-${quantity}`;
  const added = await post(`${front}/carts/${cartId}/items`, { sku: 'tea-03', quantity });
  expect(added.status).toBe(201);
  return post(`${front}/orders`, { cartId, zone: 'domestic', card: '4242424242424242' });
}

describe('the shop', () => {
  it('sells: one order goes through every service, under one trace, and can be seen in metrics', async () => {
    const payment = await shop.start('payment');
    const others = serviceNames.filter((name) => name !== 'payment');
    await Promise.all(others.map((name) => shop.start(name)));
    const page = await (await fetch(shop.url('storefront'))).json();
    expect(page).toMatchObject({ shopName: 'Leaf & Pot', suggested: [{}, {}, {}] });
    const order = await buy(4);
    expect(order).toMatchObject({ status: 201, body: { amountCents: expect.any(Number) } });
    const settled = payment.log.find((line) => line.msg === 'charge settled');
    expect(settled).toMatchObject({ level: 'info', traceId, requestId: 'request-7' });
    const metrics = await (await fetch(`${shop.url('checkout')}/metrics`)).text();
    expect(metrics).toContain('http_requests_total{method="POST",route="/orders",code="201"} 1');
    const paymentHost = new URL(shop.url('payment')).host;
    expect(metrics).toContain(`http_client_requests_total{destination="${paymentHost}",code="201"} 1`);
    expect(metrics).toMatch(
      /http_request_duration_seconds_bucket\{method="POST",route="\/orders",le="10"\} 1/,
    );
    expect(metrics).toContain('build_info{version="local"} 1');
    expect(metrics).toMatch(/^process_resident_memory_bytes \d{7,}$/m);
  });

  it('answers 502 where a service is needed that is not there, and goes on without one that is not', async () => {
    await Promise.all([shop.start('catalog'), shop.start('pricing')]);
    const front = await shop.start('storefront');
    const page = await fetch(shop.url('storefront'));
    expect(await page.json()).toMatchObject({ suggested: [] });
    const added = await post(`${front.url}/carts/c1/items`, { sku: 'tea-01', quantity: 1 });
    expect(added.status).toBe(502);
    expect(front.log.find((line) => line.level === 'error')).toMatchObject({
      msg: 'upstream call failed',
      code: 'ECONNREFUSED',
      error: { name: 'UpstreamError', stack: expect.stringContaining('client.ts') },
    });
  });

  it('passes on what the caller did wrong, without counting it as its own failure', async () => {
    const cart = await shop.start('cart');
    expect(await post(`${cart.url}/carts/c1/items`, { sku: 'tea-01', quantity: 0.5 })).toMatchObject({
      status: 400,
    });
    expect((await fetch(`${cart.url}/carts`)).status).toBe(404);
    expect((await fetch(`${cart.url}/carts/%zz`)).status).toBe(200);
    expect((await fetch(`${cart.url}/carts/c1/items`, { method: 'POST', body: '{' })).status).toBe(400);
    expect(await (await fetch(`${cart.url}/metrics`)).text()).not.toMatch(/code="5/);
  });

  it('is visited steadily, by visitors who do everything that can be done', async () => {
    await shop.startAll();
    const visitors = await shop.startProcess('visitors', { settings: { THINK_MS: '60' } });
    const ask = async (): Promise<string> => (await fetch(`${shop.url('storefront')}/metrics`)).text();
    const visitsOf = (metrics: string): Map<string, number> =>
      new Map(
        [...metrics.matchAll(/^http_requests_total\{.*route="([^"]+)",code="20[01]"\} (\d+)$/gm)].map(
          ([, route = '', count]) => [route, Number(count)],
        ),
      );
    await expect.poll(async () => visitsOf(await ask()).size).toBe(5);
    await expect
      .poll(async () => [...visitsOf(await ask()).values()].reduce((sum, count) => sum + count, 0))
      .toBeGreaterThan(100);
    const metrics = await ask();
    expect(metrics).not.toMatch(/code="[45]/);
    expect(visitors.log.filter((line) => line.level !== 'info')).toEqual([]);
  });
});

describe('a service', () => {
  it('does not start without a setting that it needs, and says which', async () => {
    const shipping = await shop.startProcess('shipping', { settings: { CARRIER: '' } });
    expect(shipping.child.exitCode).toBe(1);
    expect(shipping.log).toContainEqual(
      expect.objectContaining({
        level: 'error',
        msg: 'cannot start: missing required configuration key CARRIER',
        error: expect.objectContaining({ name: 'SettingError' }),
      }),
    );
  });

  it('stops gracefully: first no longer ready, still serving, then gone with 0', async () => {
    const shipping = await shop.startProcess('shipping', { settings: { DRAIN_MS: '5000' } });
    const exit = once(shipping.child, 'exit');
    shipping.child.kill('SIGTERM');
    await expect.poll(async () => (await fetch(`${shipping.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${shipping.url}/healthz`)).status).toBe(200);
    const quote = await post(`${shipping.url}/quotes`, { zone: 'domestic', weightGrams: 1200 });
    expect(quote).toEqual({ status: 200, body: { priceCents: 730, carrier: 'parcel-post' } });
    expect(await exit).toEqual([0, null]);
  });
});

describe('a release', () => {
  it('checkout 1.7.0 is other code: it cannot add up some baskets that 1.6.2 could', async () => {
    const others = serviceNames.filter((name) => name !== 'checkout');
    await Promise.all(others.map((name) => shop.start(name)));
    const checkout = await shop.startProcess('checkout', { release: 'checkout-1.7.0' });
    const statuses = new Set([(await buy(1)).status, (await buy(3)).status]);
    expect(statuses).toEqual(new Set([201, 502]));
    expect(checkout.log.find((line) => line.level === 'error')).toMatchObject({
      msg: 'unhandled error',
      error: { name: 'RangeError', stack: expect.stringContaining('order-total.ts') },
    });
  });

  it('payment 1.5.0 needs one setting more', async () => {
    const without = await shop.startProcess('payment', { release: 'payment-1.5.0' });
    expect(without.child.exitCode).toBe(1);
    expect(without.log.at(-1)?.msg).toBe(
      'cannot start: missing required configuration key SETTLEMENT_ACCOUNT',
    );
  });
});
