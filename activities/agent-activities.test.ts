import { MockActivityEnvironment } from '@temporalio/testing';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { serviceCatalogueSchema } from '#domain/service-catalogue.ts';
import { createToolClient } from '#mcp-tools/runtime/client.ts';
import { anIncident, type TestStore, useStore } from '#store/test-store.ts';
import { turnsOf } from '#store/turns.ts';
import { createAgentActivities } from './agent-activities.ts';
import type { TakeTurnInput, TurnAnswer } from './types.ts';

const asOf = '2026-11-21T10:01:00.000Z';

function takeTurn(db: TestStore, input: TakeTurnInput, attempt: number): Promise<TurnAnswer> {
  const { takeTurn: activity } = createAgentActivities({
    ...{ store: db.store, log: pino({ level: 'silent' }), now: () => asOf },
    tools: createToolClient({ servers: {} }),
    ...{ clusters: ['c1'], serviceCatalogue: serviceCatalogueSchema.parse({}) },
  });
  return new MockActivityEnvironment({ attempt }).run(() => activity(input));
}

function turn(incidentId: string, fields: Partial<TakeTurnInput> = {}): TakeTurnInput {
  const workflowId = `incident/${incidentId}`;
  return {
    ...{ tenant: 'default', incidentId, workflowId, turnSeq: 1, task: 'plan', round: 0, asOf },
    ...{ evidenceIds: [], findings: {}, results: [] },
    ...fields,
  };
}

test('an agent that fails again and again hands the incident over, and it stays on record', async () => {
  const db = await useStore();
  const incidentId = await anIncident(db);
  const broken = turn(incidentId, { findings: { diagnose: { workflowId: 'nowhere', turnSeq: 7 } } });
  await expect(takeTurn(db, broken, 1)).rejects.toThrow();
  const answer = await takeTurn(db, broken, 3);
  expect(answer).toMatchObject({ kind: 'hand-over', reason: expect.stringContaining('agent failed: ') });
  // What it has said stays said, whatever a repeat would say.
  expect(await takeTurn(db, { ...broken, findings: {} }, 1)).toEqual(answer);
  expect(await db.run((tx) => turnsOf(tx, incidentId))).toMatchObject([{ task: 'plan', decision: answer }]);
});

test('while the store is away or in disorder a turn is tried on, however often', async () => {
  const db = await useStore();
  const incidentId = await anIncident(db);
  await db.asOwner('REVOKE ALL ON turns FROM understudy_app');
  await expect(takeTurn(db, turn(incidentId), 50)).rejects.toMatchObject({ code: 'forbidden' });
});
