import { expect, test } from 'vitest';
import { appendEvent, eventsAfter, lastEventSeq } from './events.ts';
import { anIncident, useStore } from './test-store.ts';

const at = '2026-11-21T10:00:00.000Z';

test('a reader who goes on from the last number misses no event, however writers commit', async () => {
  const test = await useStore();
  const incidentId = await anIncident(test);
  const writers = 12;
  const each = 15;
  let writing = true;
  const seen: number[] = [];
  const read = async (): Promise<void> => {
    let seq = 0;
    for (;;) {
      const wasWriting = writing;
      const events = await test.run((tx) => eventsAfter(tx, { seq, limit: 100 }));
      seen.push(...events.map((event) => event.seq));
      seq = events.at(-1)?.seq ?? seq;
      if (!wasWriting && events.length === 0) return;
    }
  };
  const write = async (writer: number): Promise<void> => {
    for (let n = 0; n < each; n += 1) {
      await test.run(async (tx) => {
        await appendEvent(tx, { incidentId, at, type: 'incident.phase', data: { writer, n } });
        // Some transactions take long after they have said what they will write.
        if ((writer + n) % 3 === 0) await tx.query('SELECT pg_sleep(0.01)');
      });
    }
  };
  const reading = read();
  await Promise.all(Array.from({ length: writers }, (_, n) => write(n)));
  writing = false;
  await reading;
  expect(seen).toEqual(Array.from({ length: writers * each + 1 }, (_, n) => n + 1));
});

test('events keep their order within a transaction and can be asked for by incident', async () => {
  const test = await useStore();
  const one = await anIncident(test);
  const other = await anIncident(test);
  await test.run(async (tx) => {
    await appendEvent(tx, { incidentId: one, at, type: 'incident.phase', data: { phase: 'triage' } });
    await appendEvent(tx, { incidentId: other, at, type: 'incident.phase', data: { phase: 'triage' } });
    await appendEvent(tx, { incidentId: one, at, type: 'incident.phase', data: { phase: 'observe' } });
  });
  const events = await test.run((tx) => eventsAfter(tx, { seq: 2, incidentId: one, limit: 10 }));
  expect(events).toEqual([
    { seq: 3, incidentId: one, at, type: 'incident.phase', data: { phase: 'triage' } },
    { seq: 5, incidentId: one, at, type: 'incident.phase', data: { phase: 'observe' } },
  ]);
  expect(await test.run((tx) => lastEventSeq(tx))).toBe(5);
});
