import { z } from 'zod';
import { uuidPattern } from '#domain/ids.ts';
import { remediationResultSchema } from '#domain/plan.ts';

/**
 * What others may know of the workflows: names, inputs, signals and queries. Nothing here imports Temporal, so that the
 * server can start and signal workflows without their code.
 */
export const workflowTypes = {
  incident: 'incidentWorkflow',
  remediation: 'remediationWorkflow',
  patrol: 'patrolWorkflow',
  learning: 'learningWorkflow',
} as const;

/** Input of `incidentWorkflow`; ids only, the data is in the store. */
export const incidentInputSchema = z.object({
  tenant: z.string(),
  incidentId: z.string().regex(uuidPattern),
  /** The workflow's own memory, carried over by continue-as-new; absent at the start. */
  memory: z.unknown().optional(),
});
export type IncidentInput = z.infer<typeof incidentInputSchema>;

/** Input of `remediationWorkflow`: which plan of which incident. The plan itself is read from the store. */
export const remediationInputSchema = z.object({
  tenant: z.string(),
  incidentId: z.string(),
  planNo: z.int().min(1),
});
export type RemediationInput = z.infer<typeof remediationInputSchema>;

export const learningInputSchema = z.object({ tenant: z.string(), incidentId: z.string() });
export type LearningInput = z.infer<typeof learningInputSchema>;

export const patrolInputSchema = z.object({ tenant: z.string(), name: z.string() });
export type PatrolInput = z.infer<typeof patrolInputSchema>;

export const signalNames = {
  /** To an incident: a delivery was recorded, and the record is to be read. */
  alertDelivered: 'alertDelivered',
  /** To an incident: a person says "I have it". */
  takeOver: 'takeOver',
  /** To an incident: a person has ended it by hand. */
  close: 'close',
  /** To an incident, from its remediation. */
  remediationReported: 'remediationReported',
  /** To a remediation: a decision on a gate. */
  decide: 'decide',
  /** To a remediation: stand down, for the given reason. */
  withdraw: 'withdraw',
} as const;

export const alertDeliveredSchema = z.object({
  deliveryId: z.string(),
  /** Counts the incident's deliveries from 1; a claim, for the record has the number. */
  deliveryNo: z.int().min(1),
  status: z.enum(['firing', 'resolved']),
});
export type AlertDelivered = z.infer<typeof alertDeliveredSchema>;

export const takeOverSchema = z.object({ user: z.string(), reason: z.string().optional() });
export type TakeOver = z.infer<typeof takeOverSchema>;

export const closeSchema = z.object({ user: z.string(), reason: z.string() });
export type Close = z.infer<typeof closeSchema>;

/** `takenOverBy`: a person has it from now on, whatever is still to be done or undone. */
export const withdrawSchema = z.object({ reason: z.string(), takenOverBy: z.string().optional() });
export type Withdraw = z.infer<typeof withdrawSchema>;

export const remediationReportedSchema = remediationResultSchema;

export const queryNames = {
  /** On an incident: what the timeline needs. */
  state: 'state',
  /** On a remediation: the open question, with the JSON to send. */
  approval: 'approval',
} as const;
