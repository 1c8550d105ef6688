import { z } from 'zod';
import { type Alert, alertSchema, type Delivery, deliveryHash, deliverySchema } from '#domain/alert.ts';
import { type Instant, instantSchema } from '#domain/time.ts';
import { groupIdOf, takeGroups } from './delivery-group.ts';
import { type DeliveryOutcome, type GroupState, outcomeOf } from './delivery-outcome.ts';
import { type Placed, writeDeliveries } from './delivery-rows.ts';
import { newId } from './new-id.ts';
import { parseRows } from './row.ts';
import type { Tx } from './tx.ts';

export type AcceptItem = { readonly delivery: Delivery; readonly receivedAt: Instant };

export type AcceptedDelivery = {
  readonly deliveryId: string;
  /** Absent for a delivery that was ignored. */
  readonly incidentId?: string;
  /** Counts the deliveries of the incident from 1; absent for one that was ignored. */
  readonly deliveryNo?: number;
  readonly outcome: DeliveryOutcome;
};

type Item = AcceptItem & { readonly groupId: string; readonly hash: string };

function place(item: Item, state: GroupState): Placed {
  const outcome = outcomeOf(item, state);
  const placed = { ...item, state, outcome };
  const { latest, openIncident } = state;
  if (outcome === 'duplicate' && latest !== undefined) {
    const { deliveryId, incidentId, deliveryNo } = latest;
    return {
      ...placed,
      deliveryId,
      ...(incidentId === undefined ? {} : { incidentId }),
      ...(deliveryNo === undefined ? {} : { deliveryNo }),
    };
  }
  const deliveryId = newId(item.receivedAt);
  if (outcome === 'ignored') return { ...placed, deliveryId };
  return {
    ...placed,
    deliveryId,
    incidentId: openIncident?.id ?? newId(item.receivedAt),
    deliveryNo: (openIncident?.deliveryCount ?? 0) + 1,
  };
}

/**
 * Records deliveries of distinct groups and allocates their incidents: delivery, alerts, outbox and story in the caller's
 * transaction, a handful of statements for all of them. Deliveries of one group wait for each other here, so that what
 * comes at the same moment still finds what came first.
 * @param items at most a few hundred; two of one (source, groupKey) are a `TypeError`
 * @returns one answer for each item, in their order
 */
export async function acceptDeliveries(tx: Tx, items: readonly AcceptItem[]): Promise<AcceptedDelivery[]> {
  if (items.length === 0) return [];
  const known: Item[] = items.map((item) => ({
    ...item,
    groupId: groupIdOf(item.delivery),
    hash: deliveryHash(item.delivery),
  }));
  if (new Set(known.map((item) => item.groupId)).size < known.length)
    throw new TypeError('two deliveries of one group in a batch: their order would be lost');
  const states = await takeGroups(tx, known);
  const placed = known.flatMap((item, index) => {
    const state = states[index];
    return state === undefined ? [] : [place(item, state)];
  });
  await writeDeliveries(tx, placed);
  return placed.map(({ deliveryId, incidentId, deliveryNo, outcome }) => ({
    ...{ deliveryId, outcome },
    ...(incidentId === undefined ? {} : { incidentId }),
    ...(deliveryNo === undefined ? {} : { deliveryNo }),
  }));
}

export const storedDeliverySchema = z.object({
  id: z.string(),
  deliveryNo: z.int(),
  outcome: z.string(),
  body: deliverySchema,
  receivedAt: instantSchema,
  duplicates: z.int(),
});
export type StoredDelivery = z.infer<typeof storedDeliverySchema>;

/** The deliveries of an incident after a number, in their order. */
export async function deliveriesOf(tx: Tx, incidentId: string, afterNo: number): Promise<StoredDelivery[]> {
  const rows = await tx.query(
    `SELECT id, delivery_no, outcome, body, received_at, duplicates FROM deliveries
     WHERE incident_id = $1 AND delivery_no > $2 ORDER BY delivery_no`,
    [incidentId, afterNo],
  );
  return parseRows(storedDeliverySchema, rows);
}

/** How each alert of an incident stands now: for every fingerprint the one that started last. */
export async function alertsOf(tx: Tx, incidentId: string): Promise<Alert[]> {
  const rows = await tx.query(
    `SELECT body FROM (
       SELECT DISTINCT ON (alert_id) alert_id, starts_at, body FROM alerts WHERE incident_id = $1
       ORDER BY alert_id, starts_at DESC
     ) latest ORDER BY starts_at, alert_id`,
    [incidentId],
  );
  return parseRows(z.object({ body: alertSchema }), rows).map((row) => row.body);
}
