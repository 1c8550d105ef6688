import { describe, expect, test } from 'vitest';
import type { Delivery } from '#domain/alert.ts';
import { type AcceptedDelivery, acceptDeliveries, alertsOf, deliveriesOf } from './deliveries.ts';
import { eventsAfter } from './events.ts';
import { closeIncident, getIncident } from './incidents.ts';
import { claimOutbox, outboxBacklog } from './outbox.ts';
import { aDelivery, type TestStore, useStore } from './test-store.ts';

const at = (seconds: number): string => new Date(Date.UTC(2026, 10, 21, 10, 0, seconds)).toISOString();

async function accept(store: TestStore, delivery: Delivery, seconds: number): Promise<AcceptedDelivery> {
  const [accepted] = await store.run((tx) => acceptDeliveries(tx, [{ delivery, receivedAt: at(seconds) }]));
  if (accepted === undefined) throw new Error('no answer');
  return accepted;
}

const resolvedOf = (delivery: Delivery): Delivery => ({
  ...delivery,
  status: 'resolved',
  alerts: delivery.alerts.map((alert) => ({ ...alert, status: 'resolved', endsAt: at(30) })),
});

describe('what a delivery becomes', () => {
  test('a first one opens an incident, with its alert, its news for the workflow and its event', async () => {
    const store = await useStore();
    const delivery = aDelivery();
    const accepted = await accept(store, delivery, 0);
    expect(accepted).toMatchObject({ outcome: 'opened', deliveryNo: 1 });
    const incidentId = accepted.incidentId ?? '';
    await store.run(async (tx) => {
      expect(await getIncident(tx, incidentId)).toMatchObject({
        status: 'open',
        severity: 'sev1',
        title: 'HighErrorRate: Too many errors',
        environment: 'production',
        deliveryCount: 1,
        groupKey: delivery.groupKey,
      });
      expect(await alertsOf(tx, incidentId)).toEqual(delivery.alerts);
      expect(await outboxBacklog(tx)).toMatchObject({ waiting: 1 });
      const events = await eventsAfter(tx, { seq: 0, limit: 10 });
      expect(events.map((event) => event.type)).toEqual(['incident.opened']);
    });
  });

  test('an equal one within a minute is counted and answered the same, and is nothing else', async () => {
    const store = await useStore();
    const delivery = aDelivery();
    const first = await accept(store, delivery, 0);
    const again = await accept(store, { ...delivery, commonAnnotations: { summary: 'now 93 %' } }, 59);
    expect(again).toEqual({ ...first, outcome: 'duplicate' });
    await store.run(async (tx) => {
      const [stored, ...more] = await deliveriesOf(tx, first.incidentId ?? '', 0);
      expect(more).toEqual([]);
      expect(stored).toMatchObject({ duplicates: 1 });
      expect(await outboxBacklog(tx)).toMatchObject({ waiting: 1 });
    });
  });

  test('an equal one after the clock was set back is a repeat, not a duplicate', async () => {
    const store = await useStore();
    const delivery = aDelivery();
    await accept(store, delivery, 3600);
    expect(await accept(store, delivery, 0)).toMatchObject({ outcome: 'still-firing' });
    expect(await accept(store, delivery, 30)).toMatchObject({ outcome: 'duplicate' });
  });

  test('an equal one after a minute says that it still fires', async () => {
    const store = await useStore();
    const delivery = aDelivery();
    const first = await accept(store, delivery, 0);
    const later = await accept(store, delivery, 60);
    expect(later).toMatchObject({
      outcome: 'still-firing',
      incidentId: first.incidentId,
      deliveryNo: 2,
    });
  });

  test('equal alerts for two receivers are two deliveries of one incident', async () => {
    const store = await useStore();
    const delivery = aDelivery();
    const first = await accept(store, delivery, 0);
    const other = await accept(store, { ...delivery, receiver: 'second' }, 1);
    expect(other).toMatchObject({ outcome: 'joined', incidentId: first.incidentId });
  });

  test('what is equal to the last but one only is news', async () => {
    const store = await useStore();
    const one = aDelivery();
    const two = {
      ...one,
      alerts: [...one.alerts, ...aDelivery().alerts.map((a) => ({ ...a, fingerprint: 'f2' }))],
    };
    await accept(store, one, 0);
    await accept(store, two, 1);
    expect(await accept(store, one, 2)).toMatchObject({ outcome: 'joined', deliveryNo: 3 });
  });

  test('the end of an open incident ends its alert', async () => {
    const store = await useStore();
    const delivery = aDelivery();
    const first = await accept(store, delivery, 0);
    expect(await accept(store, resolvedOf(delivery), 30)).toMatchObject({
      outcome: 'resolved',
      incidentId: first.incidentId,
      deliveryNo: 2,
    });
    const alerts = await store.run((tx) => alertsOf(tx, first.incidentId ?? ''));
    expect(alerts.map((alert) => alert.status)).toEqual(['resolved']);
  });

  test('an end of what is not open is kept and opens nothing', async () => {
    const store = await useStore();
    const accepted = await accept(store, resolvedOf(aDelivery()), 0);
    expect(accepted).toEqual({ deliveryId: accepted.deliveryId, outcome: 'ignored' });
    expect(await store.asOwner('SELECT count(*)::int AS n FROM deliveries')).toEqual([{ n: 1 }]);
    expect(await store.asOwner('SELECT count(*)::int AS n FROM incidents')).toEqual([{ n: 0 }]);
    expect(await store.asOwner('SELECT count(*)::int AS n FROM outbox')).toEqual([{ n: 0 }]);
  });

  test('after closing, the same alert opens a successor that names the one before', async () => {
    const store = await useStore();
    const delivery = aDelivery();
    const first = await accept(store, delivery, 0);
    const incidentId = first.incidentId ?? '';
    await store.run((tx) =>
      closeIncident(tx, incidentId, { expectedDeliveryCount: 1, outcome: 'healthy', at: at(50) }),
    );
    const next = await accept(store, delivery, 70);
    expect(next).toMatchObject({ outcome: 'reopened', deliveryNo: 1 });
    expect(next.incidentId).not.toBe(incidentId);
    const successor = await store.run((tx) => getIncident(tx, next.incidentId ?? ''));
    expect(successor?.reopenOf).toBe(incidentId);
  });

  test('text that PostgreSQL cannot hold is mended, not refused', async () => {
    const store = await useStore();
    const delivery = aDelivery({ commonLabels: { alertname: 'nul\0here', half: '\ud83d' }, groupKey: 'k\0' });
    const { incidentId } = await accept(store, delivery, 0);
    const incident = await store.run((tx) => getIncident(tx, incidentId ?? ''));
    expect(incident?.title).toContain('nul\ufffdhere');
  });

  test('a group key of the greatest length is stored and found again', async () => {
    const store = await useStore();
    const groupKey = Array.from({ length: 4096 }, (_, i) =>
      String.fromCodePoint(0x4e00 + ((i * 7919) % 20000)),
    ).join('');
    const first = await accept(store, aDelivery({ groupKey }), 0);
    expect(await accept(store, aDelivery({ groupKey }), 1)).toMatchObject({
      outcome: 'duplicate',
      incidentId: first.incidentId,
    });
  });
});

describe('races', () => {
  test('fifty first deliveries of a group at once make one incident, numbered without a gap', async () => {
    const store = await useStore();
    const groupKey = 'one-group';
    const deliveries = Array.from({ length: 50 }, (_, n) =>
      aDelivery({
        groupKey,
        alerts: aDelivery().alerts.map((alert) => ({ ...alert, fingerprint: `f${n}` })),
      }),
    );
    const accepted = await Promise.all(deliveries.map((delivery) => accept(store, delivery, 0)));
    expect(new Set(accepted.map((answer) => answer.incidentId)).size).toBe(1);
    expect(accepted.filter((answer) => answer.outcome === 'opened')).toHaveLength(1);
    const numbers = accepted.map((answer) => answer.deliveryNo ?? 0).toSorted((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
  });

  test('the same body twice at once is one delivery', async () => {
    const store = await useStore();
    const delivery = aDelivery();
    const [a, b] = await Promise.all([accept(store, delivery, 0), accept(store, delivery, 0)]);
    expect([a.outcome, b.outcome].toSorted()).toEqual(['duplicate', 'opened']);
    expect(a.deliveryId).toBe(b.deliveryId);
    expect(await store.asOwner('SELECT count(*)::int AS n FROM deliveries')).toEqual([{ n: 1 }]);
  });

  test('an end that overtakes its beginning: the incident opens with an alert that is over', async () => {
    const store = await useStore();
    const delivery = aDelivery();
    expect(await accept(store, resolvedOf(delivery), 0)).toMatchObject({ outcome: 'ignored' });
    const { incidentId, outcome } = await accept(store, delivery, 1);
    expect(outcome).toBe('opened');
    const alerts = await store.run((tx) => alertsOf(tx, incidentId ?? ''));
    expect(alerts.map((alert) => alert.status)).toEqual(['resolved']);
  });

  test('in an open incident too, a beginning that comes after its end does not bring the alert back', async () => {
    const store = await useStore();
    const delivery = aDelivery();
    const second = { ...delivery, alerts: delivery.alerts.map((a) => ({ ...a, startsAt: at(10) })) };
    const { incidentId } = await accept(store, delivery, 0);
    await accept(store, resolvedOf(second), 31);
    await accept(store, second, 32);
    const alerts = await store.run((tx) => alertsOf(tx, incidentId ?? ''));
    expect(alerts.map((alert) => alert.status)).toEqual(['resolved']);
  });

  test('an alert that comes back much later with the same start fires again', async () => {
    const store = await useStore();
    const delivery = aDelivery();
    const { incidentId } = await accept(store, delivery, 0);
    await accept(store, resolvedOf(delivery), 30);
    await accept(store, delivery, 120);
    const alerts = await store.run((tx) => alertsOf(tx, incidentId ?? ''));
    expect(alerts.map((alert) => alert.status)).toEqual(['firing']);
  });

  test('closing against a delivery that came meanwhile loses; with the right number it wins', async () => {
    const store = await useStore();
    const delivery = aDelivery();
    const { incidentId = '' } = await accept(store, delivery, 0);
    await accept(store, resolvedOf(delivery), 30);
    const close = (expectedDeliveryCount: number): Promise<boolean> =>
      store.run((tx) =>
        closeIncident(tx, incidentId, { expectedDeliveryCount, outcome: 'resolved', at: at(40) }),
      );
    expect(await close(1)).toBe(false);
    expect(await close(2)).toBe(true);
    expect(await close(2)).toBe(true);
  });

  test('closing and delivering at the same moment: the delivery joins or opens a successor, never a closed one', async () => {
    const store = await useStore();
    for (let round = 0; round < 20; round += 1) {
      const delivery = aDelivery();
      const news = { ...delivery, alerts: delivery.alerts.map((a) => ({ ...a, fingerprint: 'f2' })) };
      const { incidentId = '' } = await accept(store, delivery, 0);
      const [closed, next] = await Promise.all([
        store.run((tx) =>
          closeIncident(tx, incidentId, { expectedDeliveryCount: 1, outcome: 'healthy', at: at(2) }),
        ),
        accept(store, news, 2),
      ]);
      if (closed) expect(next).toMatchObject({ outcome: 'reopened', deliveryNo: 1 });
      else expect(next).toMatchObject({ outcome: 'joined', incidentId, deliveryNo: 2 });
      const incident = await store.run((tx) => getIncident(tx, incidentId));
      expect(incident).toMatchObject(
        closed ? { status: 'closed', deliveryCount: 1 } : { status: 'open', deliveryCount: 2 },
      );
    }
  });

  test('batches with the same groups in different order do not hold each other up', async () => {
    const store = await useStore();
    const groups = Array.from({ length: 40 }, (_, n) => `group-${n}`);
    const batches = Array.from({ length: 12 }, (_, b) =>
      (b % 2 === 0 ? groups : groups.toReversed()).map((groupKey) => ({
        delivery: aDelivery({
          groupKey,
          alerts: aDelivery().alerts.map((a) => ({ ...a, fingerprint: `b${b}` })),
        }),
        receivedAt: at(b),
      })),
    );
    const answers = await Promise.all(batches.map((items) => store.run((tx) => acceptDeliveries(tx, items))));
    expect(answers.flat().filter((answer) => answer.outcome === 'opened')).toHaveLength(40);
    expect(await store.asOwner('SELECT count(*)::int AS n FROM incidents')).toEqual([{ n: 40 }]);
    expect(await store.asOwner('SELECT min(delivery_count), max(delivery_count) FROM incidents')).toEqual([
      { min: 12, max: 12 },
    ]);
  });
});

test('two deliveries of a group in one batch are refused: their order would be lost', async () => {
  const store = await useStore();
  const item = { delivery: aDelivery({ groupKey: 'same' }), receivedAt: at(0) };
  await expect(store.run((tx) => acceptDeliveries(tx, [item, item]))).rejects.toThrow(TypeError);
});

test('news are claimed in the order of their group, and the worst first across groups', async () => {
  const store = await useStore();
  const minor = aDelivery({
    groupKey: 'minor',
    alerts: aDelivery().alerts.map((a) => ({ ...a, labels: { severity: 'info' } })),
  });
  const major = aDelivery({ groupKey: 'major' });
  await accept(store, minor, 0);
  await accept(store, major, 1);
  await accept(store, resolvedOf(major), 2);
  const claim = () => store.run((tx) => claimOutbox(tx, { limit: 10, at: at(5), leaseMs: 1000 }));
  const claimed = await claim();
  expect(claimed.map((item) => [item.title.slice(0, 13), item.deliveryNo])).toEqual([
    ['HighErrorRate', 1],
    ['HighErrorRate', 1],
  ]);
  expect(claimed[0]?.severity).toBe('sev1');
  expect(claimed[1]?.severity).toBe('sev4');
  expect(await claim()).toEqual([]);
});
