import { randomUUID } from 'node:crypto';
import { RequestError } from '../errors.ts';
import { listField, numberField, textField } from '../fields.ts';
import type { Role } from '../role.ts';

type Zone = { name: string; baseCents: number; centsPerKilogram: number };

/** What sending a parcel costs, and sending it. */
export const shipping: Role = ({ settings, data, log }) => {
  const carrier = settings.text('CARRIER');
  const zones = new Map(
    listField(data('zones.json'), 'zones').map((zone): [string, Zone] => [
      textField(zone, 'name'),
      {
        name: textField(zone, 'name'),
        baseCents: numberField(zone, 'baseCents'),
        centsPerKilogram: numberField(zone, 'centsPerKilogram'),
      },
    ]),
  );
  log.info('zones loaded', { carrier, zones: zones.size });

  const quote = (body: unknown): { priceCents: number; carrier: string } => {
    const zone = zones.get(textField(body, 'zone'));
    if (zone === undefined) throw new RequestError(400, `no zone "${textField(body, 'zone')}"`);
    const kilograms = Math.ceil(numberField(body, 'weightGrams') / 1000);
    return { priceCents: zone.baseCents + kilograms * zone.centsPerKilogram, carrier };
  };

  return [
    { method: 'POST', path: '/quotes', handle: ({ body }) => quote(body) },
    {
      method: 'POST',
      path: '/shipments',
      status: 201,
      handle: ({ body, log: requestLog }) => {
        const shipmentId = randomUUID();
        requestLog.info('parcel handed over', { shipmentId, ...quote(body) });
        return { shipmentId };
      },
    },
  ];
};
