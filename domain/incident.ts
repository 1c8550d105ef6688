import { z } from 'zod';
import { severitySchema } from './severity.ts';
import { instantSchema } from './time.ts';

/** Where an incident stands on its way; also the states of the incident workflow. */
export const phases = [
  'received',
  'triage',
  'observe',
  'diagnose',
  'plan',
  'awaiting-approval',
  'acting',
  'verifying',
  'watching',
  'closing',
  'learning',
  'closed',
] as const;
export const phaseSchema = z.enum(phases);
export type Phase = (typeof phases)[number];

/** How an incident ended. */
export const outcomes = [
  /** A step was taken and verified. */
  'mended',
  /** Nothing was wrong, or no longer. */
  'healthy',
  /** The alert ended by itself or by somebody else's hand. */
  'resolved',
  /** Given to a person with everything found. */
  'handed-over',
] as const;
export const outcomeSchema = z.enum(outcomes);
export type Outcome = (typeof outcomes)[number];

/** shadow: investigate and propose in silence; propose: act on approval; act: policy may say auto. */
export const modes = ['shadow', 'propose', 'act'] as const;
export const modeSchema = z.enum(modes);
export type Mode = (typeof modes)[number];

export const incidentSchema = z.object({
  id: z.string(),
  source: z.string(),
  groupKey: z.string(),
  status: z.enum(['open', 'closed']),
  phase: phaseSchema,
  severity: severitySchema,
  title: z.string(),
  service: z.string().optional(),
  cluster: z.string().optional(),
  environment: z.string(),
  /** What the stand-in believes now, in a sentence. */
  belief: z.string().optional(),
  outcome: outcomeSchema.optional(),
  /** The incident that this one continues after it had been closed. */
  reopenOf: z.string().optional(),
  /** Who took over by hand, if anybody. */
  takenOverBy: z.string().optional(),
  /** Deliveries recorded so far; closing compares with it. */
  deliveryCount: z.int(),
  openedAt: instantSchema,
  updatedAt: instantSchema,
  closedAt: instantSchema.optional(),
});
export type Incident = z.infer<typeof incidentSchema>;

/** Everything that an incident's story is told by; the live stream and the timeline are made of these. */
export const incidentEventTypes = [
  'alert.received',
  'alert.still-firing',
  'alert.resolved',
  'incident.opened',
  'incident.reopened',
  'incident.phase',
  'incident.taken-over',
  'incident.closed',
  'turn.taken',
  'tool.called',
  'plan.proposed',
  'gate.opened',
  'gate.escalated',
  'gate.decision',
  'gate.closed',
  'step.changed',
  'case.recorded',
  'signal.unknown',
] as const;
export type IncidentEventType = (typeof incidentEventTypes)[number];

export const incidentEventSchema = z.object({
  seq: z.int(),
  incidentId: z.string(),
  at: instantSchema,
  type: z.enum(incidentEventTypes),
  data: z.record(z.string(), z.unknown()),
});
export type IncidentEvent = z.infer<typeof incidentEventSchema>;
