import { listField, numberField, textField } from '../fields.ts';
import type { Role } from '../role.ts';
import { demandHistory, forecast } from './demand.ts';

type Item = { sku: string; baseCents: number };

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Today's prices: the base price, moved by tomorrow's expected demand within the allowed band. */
export const pricing: Role = ({ settings, data, log }) => {
  const rules = data('price-rules.json');
  const bandPercent = numberField(rules, 'bandPercent');
  const elasticity = numberField(rules, 'elasticity');
  const historyDays = settings.number('DEMAND_HISTORY_DAYS');
  const histories = new Map<string, { history: Float64Array; usual: number }>();
  log.info('price rules loaded', { bandPercent, elasticity, historyDays });

  const historyOf = (sku: string): { history: Float64Array; usual: number } => {
    const known = histories.get(sku);
    if (known !== undefined) return known;
    const history = demandHistory(sku, historyDays);
    const loaded = { history, usual: mean(history) };
    histories.set(sku, loaded);
    return loaded;
  };

  const priceOf = ({ sku, baseCents }: Item): { sku: string; unitCents: number } => {
    const { history, usual } = historyOf(sku);
    const move = ((forecast(history) - usual) / usual) * elasticity;
    const bounded = Math.max(-bandPercent / 100, Math.min(bandPercent / 100, move));
    return { sku, unitCents: Math.round(baseCents * (1 + bounded)) };
  };

  return [
    {
      method: 'POST',
      path: '/prices',
      handle: ({ body }) => {
        const items = listField(body, 'items').map((item) => ({
          sku: textField(item, 'sku'),
          baseCents: numberField(item, 'baseCents'),
        }));
        return { prices: items.map(priceOf) };
      },
    },
  ];
};
