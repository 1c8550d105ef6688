import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import type { Delivery } from '#domain/alert.ts';
import { acceptDeliveries } from '#store/deliveries.ts';
import { takeOver } from '#store/incidents.ts';
import { listRunbooks, putRunbook } from '#store/runbooks.ts';
import { aDelivery, type TestStore, useStore } from '#store/test-store.ts';
import { putTurn } from '#store/turns.ts';
import { createIncidentActivities } from './incident-activities.ts';
import type { IncidentRecord } from './types.ts';

const at = (seconds: number): string => new Date(Date.UTC(2026, 10, 21, 10, 0, seconds)).toISOString();

async function accept(db: TestStore, delivery: Delivery, seconds: number): Promise<string> {
  const items = [{ delivery, receivedAt: at(seconds) }];
  const [accepted] = await db.run((tx) => acceptDeliveries(tx, items));
  return accepted?.incidentId ?? '';
}

function endOf(delivery: Delivery): Delivery {
  const alerts = delivery.alerts.map((alert) => ({ ...alert, status: 'resolved' as const, endsAt: at(30) }));
  return { ...delivery, status: 'resolved', alerts };
}

function readIncident(db: TestStore, incidentId: string): Promise<IncidentRecord> {
  const activities = createIncidentActivities({
    ...{ store: db.store, log: pino({ level: 'silent' }), now: () => at(60), readOnly: false },
  });
  return activities.readIncident({ tenant: 'default', incidentId });
}

describe('what the record says of an incident', () => {
  test('an alert whose end has overtaken its beginning does not fire', async () => {
    const db = await useStore();
    const delivery = aDelivery();
    await accept(db, endOf(delivery), 0);
    const incidentId = await accept(db, delivery, 5);
    expect(await readIncident(db, incidentId)).toMatchObject({ standing: 'open', firing: false });
  });

  test('a beginning that comes after its end, in an open incident, does not make it fire again', async () => {
    const db = await useStore();
    const delivery = aDelivery();
    const incidentId = await accept(db, delivery, 0);
    expect(await readIncident(db, incidentId)).toMatchObject({ deliveryNo: 1, firing: true });
    await accept(db, endOf(delivery), 30);
    await accept(db, delivery, 40);
    expect(await readIncident(db, incidentId)).toMatchObject({ deliveryNo: 3, firing: false });
    await accept(db, delivery, 150);
    expect(await readIncident(db, incidentId)).toMatchObject({ deliveryNo: 4, firing: true });
  });

  test('who has it is known, whether or not there was a workflow to tell', async () => {
    const db = await useStore();
    const incidentId = await accept(db, aDelivery(), 0);
    expect(await readIncident(db, incidentId)).not.toHaveProperty('takenOverBy');
    await db.run((tx) => takeOver(tx, incidentId, 'alice', at(1)));
    expect(await readIncident(db, incidentId)).toMatchObject({ takenOverBy: 'alice' });
  });
});

test('a case counts the runbooks that were at hand and are about its cause, once', async () => {
  const db = await useStore();
  const incidentId = await accept(db, aDelivery(), 0);
  const cause = 'image.bad-reference';
  const runbook = { id: 'images', title: 'Images', causes: [cause], text: 'look at the image' } as const;
  const other = { ...runbook, id: 'memory', causes: ['container.oom-killed'] } as const;
  const workflowId = `learning/${incidentId}`;
  const learned = {
    title: 't',
    alertNames: [],
    symptoms: [],
    cause,
    outcome: 'mended',
    steps: [],
    story: 's',
  };
  const turns = [
    [
      'recall',
      'knowledge',
      { cases: [], runbooks: [runbook, other].map((r) => ({ ...r, used: 0, helped: 0 })) },
    ],
    ['learn', 'knowledge', learned],
  ] as const;
  await db.run(async (tx) => {
    await putRunbook(tx, runbook);
    await putRunbook(tx, other);
    for (const [index, [task, agent, finding]] of turns.entries())
      await putTurn(tx, {
        ...{ incidentId, workflowId, turnSeq: index + 1, agent, task, round: 0, asOf: at(1) },
        ...{ decision: { kind: 'finding', finding }, reasoner: 'rules', viewHash: 'v' },
      });
  });
  const activities = createIncidentActivities({
    ...{ store: db.store, log: pino({ level: 'silent' }), now: () => at(60), readOnly: false },
  });
  const told = { tenant: 'default', incidentId, turn: { workflowId, turnSeq: 2 } };
  await activities.recordCase(told);
  await activities.recordCase(told);
  expect(await db.run(listRunbooks)).toMatchObject([
    { id: 'images', used: 1, helped: 1 },
    { id: 'memory', used: 0, helped: 0 },
  ]);
});
