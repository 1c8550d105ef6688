import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../client.ts';
import { RequestError, UpstreamError } from '../errors.ts';
import { listField, textField } from '../fields.ts';
import type { Log } from '../log.ts';
import type { Role } from '../role.ts';
import { traceOf } from '../trace.ts';

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Visitor = { storefront: Client; random: () => number; think: () => Promise<void>; cartId: string };

const card = '4242424242424242';
const zones = ['domestic', 'neighbours', 'overseas'] as const;

function pick<T>(from: readonly T[], random: () => number): T | undefined {
  return from[Math.floor(random() * from.length)];
}

/** One visit: look around, perhaps put things into the cart, perhaps buy. */
async function visit({ storefront, random, think, cartId }: Visitor): Promise<void> {
  const trace = traceOf({});
  const ask = async (method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> => {
    await think();
    return storefront.call({ method, path, trace, ...(body === undefined ? {} : { body }) });
  };
  const products = listField(await ask('GET', '/'), 'products').map((product) => textField(product, 'sku'));
  await ask('GET', `/products/${pick(products, random) ?? ''}`);
  if (random() < 0.2) return;
  for (let items = 1 + Math.floor(random() * 2); items > 0; items -= 1) {
    const quantity = random() < 0.35 ? 3 + Math.floor(random() * 3) : 1;
    await ask('POST', `/carts/${cartId}/items`, { sku: pick(products, random) ?? '', quantity });
  }
  await ask('GET', `/carts/${cartId}`);
  if (random() < 0.15) return;
  await ask('POST', '/orders', { cartId, zone: pick(zones, random) ?? 'domestic', card });
}

async function visitForEver(visitor: Omit<Visitor, 'cartId'>, number: number, log: Log): Promise<never> {
  for (let visits = 1; ; visits += 1) {
    try {
      await visit({ ...visitor, cartId: `v${number}-${visits}` });
    } catch (error) {
      if (!(error instanceof UpstreamError || error instanceof RequestError)) throw error;
      log.warn('visit ended early', { reason: error.message });
    }
  }
}

/**
 * People in the shop: each asks, thinks, and asks again, so that a slow shop is visited more slowly rather than flooded.
 * The same seed makes the same visits.
 */
export const visitors: Role = ({ settings, connect, log }) => {
  const storefront = connect('STOREFRONT_URL');
  const count = settings.number('VISITORS');
  const thinkMs = settings.number('THINK_MS');
  const seed = settings.number('SEED');
  for (let number = 1; number <= count; number += 1) {
    const random = randomFrom(seed * 1000 + number);
    const think = (): Promise<void> => sleep(thinkMs * (0.5 + random()));
    visitForEver({ storefront, random, think }, number, log).catch((error: unknown) => {
      log.error('a visitor broke down', { error });
      process.exitCode = 1;
      process.kill(process.pid, 'SIGTERM');
    });
  }
  return [];
};
