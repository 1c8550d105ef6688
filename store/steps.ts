import { z } from 'zod';
import { type ObjectRef, objectKey, objectRefSchema } from '#domain/object-ref.ts';
import { type Instant, instantSchema } from '#domain/time.ts';
import { kubernetesPrepareAction, type PreparedAction } from '#domain/tools/kubernetes-actions.ts';
import { appendEvent } from './events.ts';
import { toJsonb } from './jsonb.ts';
import { parseFirst, parseRows } from './row.ts';
import type { Tx } from './tx.ts';

export const stepStatuses = [
  'proposed',
  'preparing',
  'awaiting-approval',
  'acting',
  'verifying',
  'verified',
  'undoing',
  'undone',
  'failed',
  'rejected',
  'expired',
  'withdrawn',
  'refused',
] as const;
export type StepStatus = (typeof stepStatuses)[number];

/** Between being proposed and its end. */
export const stepStatusesUnderWay: readonly StepStatus[] = [
  'preparing',
  'awaiting-approval',
  'acting',
  'verifying',
  'undoing',
];

export const storedStepSchema = z.object({
  incidentId: z.string(),
  planNo: z.int(),
  stepNo: z.int(),
  stepId: z.string(),
  status: z.enum(stepStatuses),
  action: z.string(),
  object: objectRefSchema,
  /** As they are to be taken: the plan's, or a person's edit of them. */
  arguments: z.record(z.string(), z.unknown()),
  why: z.string(),
  undo: z.string(),
  /** The last dry run. */
  prepared: kubernetesPrepareAction.output.options[0].shape.prepared.optional(),
  detail: z.string().optional(),
  updatedAt: instantSchema,
});
export type StoredStep = z.infer<typeof storedStepSchema>;

export type StepKey = { readonly incidentId: string; readonly planNo: number; readonly stepNo: number };

export type NewStep = StepKey & {
  readonly stepId: string;
  readonly action: string;
  readonly object: ObjectRef;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly why: string;
  readonly undo: string;
  readonly at: Instant;
};

const columns = `incident_id, plan_no, step_no, step_id, status, action, object, arguments, why, undo, prepared, detail,
  updated_at`;

/** Puts a step on record as proposed; one that is there stays as it is. */
export async function putStep(tx: Tx, step: NewStep): Promise<void> {
  const { incidentId, planNo, stepNo, stepId, action, object, why, undo, at } = step;
  const inserted = await tx.query(
    `INSERT INTO steps (incident_id, plan_no, step_no, step_id, status, action, object, object_key, arguments, why, undo,
       updated_at)
     VALUES ($1, $2, $3, $4, 'proposed', $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING RETURNING step_no`,
    [
      ...[incidentId, planNo, stepNo, stepId, action, toJsonb(object), objectKey(object)],
      ...[toJsonb(step.arguments), why, undo, at],
    ],
  );
  if (inserted.length === 0) return;
  const data = { planNo, stepNo, status: 'proposed', action, object };
  await appendEvent(tx, { incidentId, at, type: 'step.changed', data });
}

/** The step, or undefined where it is not on record. */
export async function getStep(tx: Tx, key: StepKey): Promise<StoredStep | undefined> {
  const rows = await tx.query(
    `SELECT ${columns} FROM steps WHERE incident_id = $1 AND plan_no = $2 AND step_no = $3`,
    [key.incidentId, key.planNo, key.stepNo],
  );
  return parseFirst(storedStepSchema, rows);
}

/** All steps of an incident, by plan and number. */
export async function stepsOf(tx: Tx, incidentId: string): Promise<StoredStep[]> {
  const rows = await tx.query(
    `SELECT ${columns} FROM steps WHERE incident_id = $1 ORDER BY plan_no, step_no`,
    [incidentId],
  );
  return parseRows(storedStepSchema, rows);
}

export type StepChange = {
  readonly status?: StepStatus;
  readonly detail?: string;
  readonly prepared?: PreparedAction;
  readonly arguments?: Readonly<Record<string, unknown>>;
  readonly at: Instant;
};

const json = (value: unknown): string | null => (value === undefined ? null : toJsonb(value));

/** How a step stands now; what is not given stays. A new status is told as `step.changed`. */
export async function setStep(tx: Tx, key: StepKey, change: StepChange): Promise<void> {
  const { incidentId, planNo, stepNo } = key;
  const { status, detail, at } = change;
  const rows = await tx.query(
    `UPDATE steps new SET status = coalesce($4, new.status), detail = coalesce($5, new.detail),
       prepared = coalesce($6::jsonb, new.prepared), arguments = coalesce($7::jsonb, new.arguments), updated_at = $8
     FROM (SELECT * FROM steps WHERE incident_id = $1 AND plan_no = $2 AND step_no = $3 FOR UPDATE) old
     WHERE new.tenant_id = old.tenant_id AND new.step_id = old.step_id
     RETURNING old.status AS before, new.status, new.action, new.object`,
    [
      incidentId,
      planNo,
      stepNo,
      status ?? null,
      detail ?? null,
      json(change.prepared),
      json(change.arguments),
      at,
    ],
  );
  const changed = parseFirst(changedSchema, rows);
  if (changed === undefined || changed.before === changed.status) return;
  const data = { planNo, stepNo, status, detail, action: changed.action, object: changed.object };
  await appendEvent(tx, { incidentId, at, type: 'step.changed', data });
}

const changedSchema = z.object({
  before: z.string(),
  status: z.string(),
  action: z.string(),
  object: objectRefSchema,
});

/** An open incident, other than the given one, with a step under way on the same object; undefined where there is none. */
export async function openStepOnObject(
  tx: Tx,
  query: { readonly object: ObjectRef; readonly notOf: string },
): Promise<string | undefined> {
  const rows = await tx.query(
    `SELECT s.incident_id FROM steps s JOIN incidents i ON i.id = s.incident_id
     WHERE md5(s.object_key) = md5($1) AND s.object_key = $1 AND s.incident_id <> $2 AND s.status = ANY($3) AND i.status = 'open'
     ORDER BY s.updated_at LIMIT 1`,
    [objectKey(query.object), query.notOf, [...stepStatusesUnderWay]],
  );
  return parseFirst(z.object({ incidentId: z.string() }), rows)?.incidentId;
}
