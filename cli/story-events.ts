import { z } from 'zod';
import { agentNames, agentTaskSchema } from '#domain/agent-turn.ts';
import { gateStatuses } from '#domain/gate.ts';
import { outcomeSchema, phaseSchema } from '#domain/incident.ts';
import { objectRefSchema } from '#domain/object-ref.ts';
import { severitySchema } from '#domain/severity.ts';
import { instantSchema } from '#domain/time.ts';

const opening = z.object({ title: z.string(), severity: severitySchema });
const news = z.object({ alerts: z.int() });

function eventOf<Type extends string, Data extends z.ZodType>(type: Type, data: Data) {
  const base = { seq: z.int(), incidentId: z.string(), at: instantSchema };
  return z.object({ ...base, type: z.literal(type), data });
}

/**
 * The events of an incident's story with what this room reads of their data. An event that does not fit comes from a
 * newer server: it is passed over, not an error.
 */
export const storyEventSchema = z.discriminatedUnion('type', [
  eventOf('incident.opened', opening),
  eventOf('incident.reopened', opening),
  eventOf('alert.received', news),
  eventOf('alert.still-firing', news),
  eventOf('alert.resolved', news),
  eventOf(
    'incident.phase',
    z.object({
      phase: phaseSchema,
      severity: severitySchema.optional(),
      title: z.string().optional(),
      service: z.string().optional(),
      belief: z.string().optional(),
    }),
  ),
  eventOf('incident.taken-over', z.object({ user: z.string() })),
  eventOf('incident.closed', z.object({ outcome: outcomeSchema, reason: z.string().optional() })),
  eventOf(
    'turn.taken',
    z.object({
      turnSeq: z.int(),
      agent: z.enum(agentNames),
      task: agentTaskSchema,
      kind: z.enum(['tool-calls', 'finding', 'hand-over']),
      calls: z.int().optional(),
    }),
  ),
  eventOf(
    'tool.called',
    z.object({
      evidenceId: z.string(),
      server: z.string(),
      tool: z.string(),
      why: z.string(),
      durationMs: z.number(),
      outcome: z.string(),
    }),
  ),
  eventOf(
    'plan.proposed',
    z.object({
      planNo: z.int(),
      cause: z.string(),
      object: objectRefSchema,
      confidence: z.number(),
      why: z.string(),
    }),
  ),
  eventOf(
    'gate.opened',
    z.object({ gateId: z.string(), what: z.object({ en: z.string(), zh: z.string() }) }),
  ),
  eventOf('gate.escalated', z.object({ gateId: z.string() })),
  eventOf(
    'gate.decision',
    z.object({
      gateId: z.string(),
      decision: z.enum(['approve', 'reject', 'edit']).optional(),
      user: z.string().optional(),
      reason: z.string().optional(),
      accepted: z.boolean(),
      verdict: z.string(),
    }),
  ),
  eventOf('gate.closed', z.object({ gateId: z.string(), status: z.enum(gateStatuses) })),
  eventOf(
    'step.changed',
    z.object({
      planNo: z.int(),
      stepNo: z.int(),
      status: z.string(),
      detail: z.string().optional(),
      action: z.string(),
      object: objectRefSchema,
    }),
  ),
  eventOf(
    'case.recorded',
    z.object({ title: z.string(), cause: z.string().optional(), outcome: z.string() }),
  ),
  eventOf('signal.unknown', z.object({ name: z.string(), detail: z.string() })),
]);
export type StoryEvent = z.infer<typeof storyEventSchema>;
export type StoryEventOf<Type extends StoryEvent['type']> = Extract<StoryEvent, { type: Type }>;

/** The event as this room knows it, or undefined for one that it does not. */
export function readStoryEvent(json: unknown): StoryEvent | undefined {
  return storyEventSchema.safeParse(json).data;
}
