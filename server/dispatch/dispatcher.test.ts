import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { UnderstudyError } from '#domain/errors.ts';
import { fromMs } from '#domain/time.ts';
import { acceptDeliveries } from '#store/deliveries.ts';
import { claimOutbox, outboxBacklog } from '#store/outbox.ts';
import { aDelivery, type TestStore, useStore } from '#store/test-store.ts';
import type { IncidentNews, Workflows } from '../temporal/workflows.ts';
import { createAdaptiveLimit } from './adaptive-limit.ts';
import { type DispatcherDeps, startDispatcher } from './dispatcher.ts';

const log = pino({ level: 'silent' });
const now = (): string => fromMs(Date.now());

function dispatch(db: TestStore, deliver: Workflows['deliver'], more: Partial<DispatcherDeps> = {}) {
  const dispatcher = startDispatcher({
    ...{ store: db.store, tenant: 'default', workflows: { deliver }, now, log },
    ...more,
  });
  onTestFinished(() => dispatcher.stop());
  return dispatcher;
}

async function accept(db: TestStore, groupKey: string, n = 1, severity = 'critical'): Promise<string> {
  const [alert] = aDelivery().alerts;
  if (alert === undefined) throw new Error('no alert');
  const alerts = [{ ...alert, fingerprint: `f${n}`, labels: { ...alert.labels, severity } }];
  const items = [{ delivery: aDelivery({ groupKey, alerts }), receivedAt: now() }];
  const [accepted] = await db.run((tx) => acceptDeliveries(tx, items));
  return accepted?.incidentId ?? '';
}

async function untilEmpty(db: TestStore): Promise<void> {
  for (let tries = 0; tries < 1500; tries += 1) {
    if ((await db.run(outboxBacklog)).waiting === 0) return;
    await pause(20);
  }
  throw new Error('the outbox does not get empty');
}

describe('news', () => {
  test('reach each workflow in their order, whatever else there is', async () => {
    const db = await useStore();
    const groups = Array.from({ length: 12 }, (_, n) => `group-${n}`);
    for (let n = 1; n <= 5; n += 1) for (const group of groups) await accept(db, group, n);
    const seen = new Map<string, number[]>();
    dispatch(db, async (news: IncidentNews) => {
      await pause(Math.random() * 10);
      seen.set(news.incidentId, [...(seen.get(news.incidentId) ?? []), news.delivery.deliveryNo]);
      return 'taken';
    });
    await untilEmpty(db);
    expect(seen.size).toBe(12);
    for (const numbers of seen.values()) expect(numbers).toEqual([1, 2, 3, 4, 5]);
  });

  test('of the worst go first', async () => {
    const db = await useStore();
    for (let n = 0; n < 6; n += 1) await accept(db, `minor-${n}`, 1, 'info');
    await accept(db, 'major', 1, 'critical');
    const seen: string[] = [];
    dispatch(db, async (news) => {
      seen.push(news.severity);
      return 'taken';
    });
    await untilEmpty(db);
    expect(seen[0]).toBe('sev1');
  });

  test('are taken up at once when somebody calls', async () => {
    const db = await useStore();
    let taken = 0;
    const dispatcher = dispatch(db, async () => {
      taken += 1;
      return 'taken';
    });
    // Looking by itself once a second it would need twenty seconds for these.
    const startedMs = performance.now();
    for (let n = 1; n <= 20; n += 1) {
      await untilEmpty(db);
      await accept(db, `group-${n}`);
      dispatcher.wake();
      await expect.poll(() => taken).toBe(n);
    }
    expect(performance.now() - startedMs).toBeLessThan(18_000);
  });

  test('that come in while the outbox is being read are not left until the next look', async () => {
    const db = await useStore();
    let reads = 0;
    let onRead = (): void => undefined;
    const dispatcher = dispatch(db, async () => 'taken', {
      store: {
        ...db.store,
        transact: async (tenant, work) => {
          const result = await db.store.transact(tenant, work);
          reads += 1;
          onRead();
          return result;
        },
      },
    });
    await expect.poll(() => reads).toBe(1);
    // From here on no rest ends by itself.
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    for (const expected of [2, 4, 6]) {
      // Called while it rests, and once more between its reading and its next rest.
      await pause(50);
      onRead = () => {
        onRead = () => undefined;
        dispatcher.wake();
      };
      dispatcher.wake();
      // `expect.poll` would move the clock on.
      for (let tries = 0; reads < expected && tries < 500; tries += 1) await pause(20);
      expect(reads).toBeGreaterThanOrEqual(expected);
    }
    vi.useRealTimers();
  });

  test('wait while Temporal is down, and none is lost or out of order when it is back', async () => {
    const db = await useStore();
    for (let n = 1; n <= 3; n += 1) await accept(db, 'a', n);
    let isDown = true;
    let refused = 0;
    const startedMs = performance.now();
    const seen: number[] = [];
    dispatch(db, async (news) => {
      if (isDown) {
        refused += 1;
        throw new UnderstudyError('unavailable', 'Temporal is down');
      }
      seen.push(news.delivery.deliveryNo);
      return 'taken';
    });
    await expect.poll(() => refused).toBeGreaterThanOrEqual(3);
    // It pauses, longer each time: it does not hammer.
    expect(performance.now() - startedMs).toBeGreaterThan(250 + 500 - 50);
    expect(await db.run(outboxBacklog)).toMatchObject({ waiting: 3 });
    isDown = false;
    await untilEmpty(db);
    expect(seen).toEqual([1, 2, 3]);
  });

  test('that Temporal refuses for what they are hold up their own group alone', async () => {
    const db = await useStore();
    const bad = await accept(db, 'bad');
    await accept(db, 'good');
    const seen: string[] = [];
    dispatch(db, async (news) => {
      if (news.incidentId === bad) throw new UnderstudyError('bad-input', 'no such attribute');
      seen.push(news.incidentId);
      return 'taken';
    });
    await expect.poll(() => db.run(outboxBacklog)).toMatchObject({ waiting: 1 });
    expect(seen).toHaveLength(1);
  });

  test('go slowly during a storm of alerts, the worst first, and quickly after it', async () => {
    const db = await useStore();
    for (let n = 0; n < 20; n += 1) await accept(db, `minor-${n}`, 1, 'info');
    await accept(db, 'major', 1, 'critical');
    let isStorm = true;
    const seen: string[] = [];
    const startedMs = performance.now();
    const deliver = async (news: IncidentNews): Promise<'taken'> => {
      seen.push(news.severity);
      return 'taken';
    };
    dispatch(db, deliver, { isStorm: () => isStorm });
    await expect.poll(() => seen.length).toBeGreaterThanOrEqual(10);
    expect(seen[0]).toBe('sev1');
    // Two at a time, and a rest of a tenth of a second after them.
    expect(performance.now() - startedMs).toBeGreaterThan(4 * 100 - 50);
    isStorm = false;
    await untilEmpty(db);
    expect(seen).toHaveLength(21);
  });

  test('of an incident whose workflow is gone are told to whoever mends that', async () => {
    const db = await useStore();
    const incidentId = await accept(db, 'a');
    const gone: string[] = [];
    dispatch(db, async () => 'workflow-closed', { onClosedWorkflow: (id) => void gone.push(id) });
    await untilEmpty(db);
    expect(gone).toEqual([incidentId]);
  });

  test('claimed by a process that died are free again', async () => {
    const db = await useStore();
    await accept(db, 'a');
    await db.run((tx) => claimOutbox(tx, { limit: 10, at: now(), leaseMs: 10_000 }));
    const seen: string[] = [];
    dispatch(
      db,
      async (news) => {
        seen.push(news.incidentId);
        return 'taken';
      },
      { now: () => fromMs(Date.now() + 11_000) },
    );
    await untilEmpty(db);
    expect(seen).toHaveLength(1);
  });
});

describe('the limit', () => {
  test('grows with good rounds and is halved by slow and failed ones', () => {
    const limit = createAdaptiveLimit({ least: 1, most: 8, slowMs: 100 });
    for (let n = 0; n < 10; n += 1) limit.afterRound({ slowestMs: 10, failed: false });
    expect(limit.current()).toBe(8);
    limit.afterRound({ slowestMs: 150, failed: false });
    expect(limit.current()).toBe(4);
    for (let n = 0; n < 5; n += 1) limit.afterRound({ slowestMs: 10, failed: true });
    expect(limit.current()).toBe(1);
  });
});
