import { listField, textField } from '../fields.ts';
import type { Role } from '../role.ts';

/** Goes well together, as the weekly batch job found: by product, the others that were bought with it most often. */
export const recommendations: Role = ({ settings, connect, data, log }) => {
  const catalog = connect('CATALOG_URL');
  const shown = settings.number('SUGGESTIONS_SHOWN');
  const together = new Map(
    listField(data('bought-together.json'), 'pairs').map((pair) => [
      textField(pair, 'sku'),
      listField(pair, 'with').map(String),
    ]),
  );
  const popular = [...together.keys()];
  log.info('model loaded', { products: together.size });

  return [
    {
      method: 'GET',
      path: '/recommendations',
      handle: async ({ query, trace }) => {
        const skus = (together.get(query.get('sku') ?? '') ?? popular).slice(0, shown);
        const answer = await catalog.call({ method: 'POST', path: '/offers', body: { skus }, trace });
        return listField(answer, 'offers');
      },
    },
  ];
};
