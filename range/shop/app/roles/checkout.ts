import { RequestError } from '../errors.ts';
import { listField, numberField, textField } from '../fields.ts';
import type { Role } from '../role.ts';
import type { Call } from '../router.ts';
import { type OrderLine, orderTotalCents } from './order-total.ts';

/** Turns a cart into an order: prices, shipping, payment, dispatch. */
export const checkout: Role = ({ settings, connect, log }) => {
  const cart = connect('CART_URL');
  const catalog = connect('CATALOG_URL');
  const shipping = connect('SHIPPING_URL');
  const payment = connect('PAYMENT_URL');
  const discount = {
    fromQuantity: settings.number('VOLUME_DISCOUNT_FROM_QUANTITY'),
    percent: settings.number('VOLUME_DISCOUNT_PERCENT'),
  };

  const linesOf = async (cartId: string, { trace }: Call): Promise<OrderLine[]> => {
    const found = await cart.call({ method: 'GET', path: `/carts/${cartId}`, trace });
    const quantities = new Map(
      listField(found, 'items').map((item) => [textField(item, 'sku'), numberField(item, 'quantity')]),
    );
    if (quantities.size === 0) throw new RequestError(409, `cart ${cartId} is empty`);
    const body = { skus: [...quantities.keys()] };
    const answer = await catalog.call({ method: 'POST', path: '/offers', body, trace });
    return listField(answer, 'offers').map((offer) => {
      const sku = textField(offer, 'sku');
      return {
        sku,
        quantity: quantities.get(sku) ?? 0,
        unitCents: numberField(offer, 'unitCents'),
        weightGrams: numberField(offer, 'weightGrams'),
      };
    });
  };

  const place = async (call: Call): Promise<unknown> => {
    const { trace, body } = call;
    const cartId = textField(body, 'cartId');
    const zone = textField(body, 'zone');
    const lines = await linesOf(cartId, call);
    const goodsCents = orderTotalCents(lines, discount);
    const weightGrams = lines.reduce((sum, line) => sum + line.weightGrams * line.quantity, 0);
    const parcel = { zone, weightGrams };
    const quote = await shipping.call({ method: 'POST', path: '/quotes', body: parcel, trace });
    const amountCents = Number(goodsCents) + numberField(quote, 'priceCents');
    const charge = { amountCents, card: textField(body, 'card'), reference: cartId };
    const paid = await payment.call({ method: 'POST', path: '/charges', body: charge, trace });
    const sent = await shipping.call({ method: 'POST', path: '/shipments', body: parcel, trace });
    await cart.call({ method: 'DELETE', path: `/carts/${cartId}`, trace });
    call.log.info('order placed', { cartId, lines: lines.length, amountCents });
    return { orderId: textField(paid, 'chargeId'), amountCents, shipmentId: textField(sent, 'shipmentId') };
  };

  log.info('discount rules loaded', discount);
  return [{ method: 'POST', path: '/orders', status: 201, handle: place }];
};
