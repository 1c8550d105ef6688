import { RequestError } from '../errors.ts';
import { listField, numberField, textField, textListField } from '../fields.ts';
import type { Role } from '../role.ts';
import type { Trace } from '../trace.ts';

type Product = { sku: string; name: string; category: string; baseCents: number; weightGrams: number };

function productOf(value: unknown): Product {
  return {
    sku: textField(value, 'sku'),
    name: textField(value, 'name'),
    category: textField(value, 'category'),
    baseCents: numberField(value, 'baseCents'),
    weightGrams: numberField(value, 'weightGrams'),
  };
}

/** What is for sale, at today's prices. */
export const catalog: Role = ({ settings, connect, data, log }) => {
  const pricing = connect('PRICING_URL');
  const pageSize = settings.number('PAGE_SIZE');
  const products = listField(data('products.json'), 'products').map(productOf);
  const bySku = new Map(products.map((product) => [product.sku, product]));
  log.info('assortment loaded', { products: products.length });

  const find = (sku: string): Product => {
    const product = bySku.get(sku);
    if (product === undefined) throw new RequestError(404, `no product ${sku}`);
    return product;
  };

  const priced = async (wanted: readonly Product[], trace: Trace): Promise<unknown[]> => {
    const body = { items: wanted.map(({ sku, baseCents }) => ({ sku, baseCents })) };
    const answer = await pricing.call({ method: 'POST', path: '/prices', body, trace });
    const prices = new Map(
      listField(answer, 'prices').map((price) => [textField(price, 'sku'), numberField(price, 'unitCents')]),
    );
    return wanted.map(({ sku, name, category, weightGrams }) => ({
      sku,
      name,
      category,
      weightGrams,
      unitCents: prices.get(sku),
    }));
  };

  return [
    {
      method: 'GET',
      path: '/products',
      handle: ({ query, trace }) => {
        const category = query.get('category') ?? '';
        const chosen = products.filter((product) => category === '' || product.category === category);
        return priced(chosen.slice(0, pageSize), trace);
      },
    },
    {
      method: 'GET',
      path: '/products/:sku',
      handle: async ({ params, trace }) => (await priced([find(params.sku ?? '')], trace))[0],
    },
    {
      method: 'POST',
      path: '/offers',
      handle: async ({ body, trace }) => ({
        offers: await priced(textListField(body, 'skus').map(find), trace),
      }),
    },
  ];
};
