import { RequestError } from '../errors.ts';
import { numberField, textField } from '../fields.ts';
import type { Role } from '../role.ts';

type Cart = { items: Map<string, number>; touchedAt: number };

/** Baskets, kept in memory: one replica, and a visitor who stays away for long starts anew. */
export const cart: Role = ({ settings, log }) => {
  const capacity = settings.number('CART_CAPACITY');
  const idleMs = settings.number('CART_IDLE_MINUTES') * 60_000;
  const carts = new Map<string, Cart>();

  // Carts move to the end when they are touched, so the first ones are the oldest.
  const forgetOld = (): void => {
    for (const [id, { touchedAt }] of carts) {
      if (carts.size <= capacity && Date.now() - touchedAt < idleMs) return;
      carts.delete(id);
    }
  };

  const view = (cartId: string): { cartId: string; items: { sku: string; quantity: number }[] } => ({
    cartId,
    items: [...(carts.get(cartId)?.items ?? [])].map(([sku, quantity]) => ({ sku, quantity })),
  });

  return [
    {
      method: 'POST',
      path: '/carts/:cartId/items',
      status: 201,
      handle: ({ params, body }) => {
        const { cartId = '' } = params;
        const sku = textField(body, 'sku');
        const quantity = numberField(body, 'quantity');
        if (!Number.isInteger(quantity) || quantity < 1 || quantity > 99)
          throw new RequestError(400, 'field "quantity" must be a whole number from 1 to 99');
        const items = carts.get(cartId)?.items ?? new Map<string, number>();
        carts.delete(cartId);
        carts.set(cartId, { items: items.set(sku, (items.get(sku) ?? 0) + quantity), touchedAt: Date.now() });
        forgetOld();
        log.info('item added', { cartId, sku, quantity, carts: carts.size });
        return view(cartId);
      },
    },
    { method: 'GET', path: '/carts/:cartId', handle: ({ params }) => view(params.cartId ?? '') },
    {
      method: 'DELETE',
      path: '/carts/:cartId',
      handle: ({ params }) => {
        carts.delete(params.cartId ?? '');
        return view(params.cartId ?? '');
      },
    },
  ];
};
