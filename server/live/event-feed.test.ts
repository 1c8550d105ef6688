import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import { appendEvent } from '#store/events.ts';
import { anIncident, useStore } from '#store/test-store.ts';
import { createEventFeed } from './event-feed.ts';

test('while the database hangs one read waits for it, and the watchers miss nothing', async () => {
  const db = await useStore();
  const incidentId = await anIncident(db);
  let reads = 0;
  let letGo = (): void => undefined;
  let hold: Promise<void> = Promise.resolve();
  const store: typeof db.store = {
    ...db.store,
    transact: async (tenant, work) => {
      reads += 1;
      await hold;
      return db.store.transact(tenant, work);
    },
  };
  const feed = createEventFeed({ store, tenant: 'default', log: pino({ level: 'silent' }) });
  onTestFinished(() => feed.stop());
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const seen: string[] = [];
  await feed.subscribe({ onEvent: ({ type }) => seen.push(type), onEnd: () => undefined });
  hold = new Promise((resolve) => {
    letGo = resolve;
  });
  reads = 0;
  for (let looks = 0; looks < 20; looks += 1) await vi.advanceTimersByTimeAsync(300);
  const event = { incidentId, at: '2026-11-21T10:00:02.000Z', type: 'alert.received', data: {} } as const;
  await db.run((tx) => appendEvent(tx, event));
  letGo();
  for (let tries = 0; seen.length === 0 && tries < 500; tries += 1) await pause(20);
  await pause(100);
  expect(seen).toEqual(['alert.received']);
  expect(reads).toBe(1);
});
