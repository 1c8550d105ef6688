import { UpstreamError } from '../errors.ts';
import { numberField, textField } from '../fields.ts';
import type { Role } from '../role.ts';
import type { Call } from '../router.ts';

/** What visitors see: pages made of what the other services answer. */
export const storefront: Role = ({ settings, connect }) => {
  const catalog = connect('CATALOG_URL');
  const cart = connect('CART_URL');
  const checkout = connect('CHECKOUT_URL');
  const recommendations = connect('RECOMMENDATIONS_URL');
  const shopName = settings.text('SHOP_NAME');

  // A page without suggestions is still a page.
  const suggestions = async ({ trace, log }: Call, sku: string): Promise<unknown> => {
    try {
      return await recommendations.call({ method: 'GET', path: `/recommendations?sku=${sku}`, trace });
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      log.warn('page without suggestions', { destination: error.destination, code: error.code });
      return [];
    }
  };

  return [
    {
      method: 'GET',
      path: '/',
      handle: async (call) => {
        const category = call.query.get('category') ?? '';
        const [products, suggested] = await Promise.all([
          catalog.call({ method: 'GET', path: `/products?category=${category}`, trace: call.trace }),
          suggestions(call, ''),
        ]);
        return { shopName, products, suggested };
      },
    },
    {
      method: 'GET',
      path: '/products/:sku',
      handle: async ({ params, trace }) => ({
        shopName,
        product: await catalog.call({ method: 'GET', path: `/products/${params.sku}`, trace }),
      }),
    },
    {
      method: 'POST',
      path: '/carts/:cartId/items',
      status: 201,
      handle: ({ params, body, trace }) => {
        const item = { sku: textField(body, 'sku'), quantity: numberField(body, 'quantity') };
        return cart.call({ method: 'POST', path: `/carts/${params.cartId}/items`, body: item, trace });
      },
    },
    {
      method: 'GET',
      path: '/carts/:cartId',
      handle: ({ params, trace }) => cart.call({ method: 'GET', path: `/carts/${params.cartId}`, trace }),
    },
    {
      method: 'POST',
      path: '/orders',
      status: 201,
      handle: ({ body, trace }) => {
        const order = {
          cartId: textField(body, 'cartId'),
          zone: textField(body, 'zone'),
          card: textField(body, 'card'),
        };
        return checkout.call({ method: 'POST', path: '/orders', body: order, trace });
      },
    },
  ];
};
