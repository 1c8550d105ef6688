import { z } from 'zod';
import { causeCodeSchema } from './causes/catalogue.ts';
import { objectRefSchema } from './object-ref.ts';

export const planStepSchema = z.object({
  stepNo: z.int().min(1),
  action: z.string(),
  object: objectRefSchema,
  arguments: z.record(z.string(), z.unknown()),
  why: z.string(),
  undo: z.string(),
});
export type PlanStep = z.infer<typeof planStepSchema>;

/** The smallest steps that should mend one hypothesis. */
export const planSchema = z.object({
  cause: causeCodeSchema,
  object: objectRefSchema,
  service: z.string().optional(),
  confidence: z.number(),
  why: z.string(),
  steps: z.array(planStepSchema).min(1).max(10),
});
export type Plan = z.infer<typeof planSchema>;

/** How a remediation ended; reported by signal to the incident. */
export const remediationResultSchema = z.object({
  planNo: z.int(),
  outcome: z.enum([
    /** Taken, and it helped. */
    'verified',
    /** Taken, did not help, taken back. */
    'undone',
    /** Taken, did not help, and could not be taken back. */
    'failed',
    'rejected',
    'expired',
    /** Withdrawn: a person took over, the alert ended, or somebody else changed the object. */
    'withdrawn',
    /** The policy, a pre-check or the grant said no. */
    'refused',
    /** Only said: nothing is written where we are. */
    'proposed',
  ]),
  detail: z.string(),
  reason: z.string().optional(),
});
export type RemediationResult = z.infer<typeof remediationResultSchema>;

/** Undoing step n of a plan is a step of its own, with this number. */
const undoOffset = 1000;

export function undoStepNo(stepNo: number): number {
  return stepNo + undoOffset;
}

/** The step that this one takes back, or undefined where it is no undo. */
export function undoneStepNo(stepNo: number): number | undefined {
  return stepNo > undoOffset ? stepNo - undoOffset : undefined;
}

/** The idempotency key of a step: the same step has the same key, however often it is tried. */
export function stepIdOf(incidentId: string, planNo: number, stepNo: number): string {
  return `${incidentId}/${planNo}/${stepNo}`;
}
