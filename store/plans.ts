import { z } from 'zod';
import { type Plan, planSchema } from '#domain/plan.ts';
import { type Instant, instantSchema } from '#domain/time.ts';
import { appendEvent } from './events.ts';
import { toJsonb } from './jsonb.ts';
import { parseFirst, parseRows } from './row.ts';
import type { Tx } from './tx.ts';

export const storedPlanSchema = z.object({
  planNo: z.int(),
  /** The turn that proposed it, where one did. */
  turnSeq: z.int().optional(),
  plan: planSchema,
  at: instantSchema,
});
export type StoredPlan = z.infer<typeof storedPlanSchema>;

export type NewPlan = {
  readonly incidentId: string;
  /** Counts the plans of an incident from 1. */
  readonly planNo: number;
  readonly turnSeq?: number;
  readonly plan: Plan;
  readonly at: Instant;
};

/** Puts a plan on record. A number that is taken keeps its plan; answers with what is kept. */
export async function putPlan(tx: Tx, entry: NewPlan): Promise<Plan> {
  const { incidentId, planNo, turnSeq, plan, at } = entry;
  const inserted = await tx.query(
    `INSERT INTO plans (incident_id, plan_no, turn_seq, plan, at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT DO NOTHING RETURNING plan_no`,
    [incidentId, planNo, turnSeq ?? null, toJsonb(plan), at],
  );
  if (inserted.length === 0) return (await getPlan(tx, incidentId, planNo)) ?? plan;
  const { cause, object, confidence, why } = plan;
  const steps = plan.steps.map((step) => ({ action: step.action, object: step.object }));
  const data = { planNo, cause, object, confidence, why, steps };
  await appendEvent(tx, { incidentId, at, type: 'plan.proposed', data });
  return plan;
}

/** The plan of that number, or undefined. */
export async function getPlan(tx: Tx, incidentId: string, planNo: number): Promise<Plan | undefined> {
  const rows = await tx.query('SELECT plan FROM plans WHERE incident_id = $1 AND plan_no = $2', [
    incidentId,
    planNo,
  ]);
  return parseFirst(z.object({ plan: planSchema }), rows)?.plan;
}

/** All plans of an incident, the first one first. */
export async function plansOf(tx: Tx, incidentId: string): Promise<StoredPlan[]> {
  const rows = await tx.query(
    'SELECT plan_no, turn_seq, plan, at FROM plans WHERE incident_id = $1 ORDER BY plan_no',
    [incidentId],
  );
  return parseRows(storedPlanSchema, rows);
}
