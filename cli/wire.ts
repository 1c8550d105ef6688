import { z } from 'zod';
import { agentDecisionSchema, agentNames, agentTaskSchema, caseSchema } from '#domain/agent-turn.ts';
import { alertSchema } from '#domain/alert.ts';
import { evidenceSchema } from '#domain/evidence.ts';
import { gateSchema, judgedDecisionSchema } from '#domain/gate.ts';
import { incidentSchema } from '#domain/incident.ts';
import { objectRefSchema } from '#domain/object-ref.ts';
import { patrolStateSchema, patrolWatchSchema } from '#domain/patrol.ts';
import { planSchema } from '#domain/plan.ts';
import { roleSchema } from '#domain/policy/policy.ts';
import { instantSchema } from '#domain/time.ts';
import type {
  Accepted,
  AccountChange,
  AccountSecrets,
  ApprovalDetail,
  ApprovalList,
  CloseResponse,
  DecideResponse,
  EvidenceList,
  IncidentDetail,
  IncidentList,
  PatrolList,
  PatrolStarted,
  StopAll,
  TakeOverResponse,
  UserList,
} from '#server/api/schemas.ts';

/**
 * What this room reads of the server's answers. Every form is held against the server's own type, so that one that goes
 * another way does not compile.
 */
export const incidentsForm = z.object({
  items: z.array(incidentSchema),
  nextCursor: z.string().optional(),
}) satisfies z.ZodType<IncidentList>;

export const evidencePageForm = z.object({
  items: z.array(evidenceSchema),
  nextCursor: z.string().optional(),
}) satisfies z.ZodType<EvidenceList>;

const turnForm = z.object({
  workflowId: z.string(),
  asOf: instantSchema,
  turnSeq: z.int(),
  agent: z.enum(agentNames),
  task: agentTaskSchema,
  decision: agentDecisionSchema,
});

const toolCallForm = z.object({
  workflowId: z.string(),
  callSeq: z.int(),
  evidenceId: z.string(),
  server: z.string(),
  tool: z.string(),
  why: z.string(),
  asOf: instantSchema,
  durationMs: z.number(),
  outcome: z.string(),
});

const stepForm = z.object({
  planNo: z.int(),
  stepNo: z.int(),
  status: z.string(),
  action: z.string(),
  object: objectRefSchema,
});

const ledgerForm = z.object({
  planNo: z.int(),
  stepNo: z.int(),
  kind: z.string(),
  at: instantSchema,
  data: z.record(z.string(), z.unknown()),
});

export const incidentForm = z.object({
  incident: incidentSchema,
  alerts: z.array(alertSchema),
  turns: z.array(turnForm),
  toolCalls: z.array(toolCallForm),
  plans: z.array(z.object({ planNo: z.int(), plan: planSchema, at: instantSchema })),
  steps: z.array(stepForm),
  gates: z.array(gateSchema.extend({ decisions: z.array(judgedDecisionSchema) })),
  ledger: z.array(ledgerForm),
  case: caseSchema.optional(),
});
export type IncidentReading = z.infer<typeof incidentForm>;

/** Compiles as long as what the server sends has everything that is read. */
export const readsIncidents: (sent: IncidentDetail) => IncidentReading = (sent) => sent;

export const approvalsForm = z.object({ items: z.array(gateSchema) }) satisfies z.ZodType<ApprovalList>;

export const approvalForm = z.object({
  gate: gateSchema,
  decisions: z.array(judgedDecisionSchema),
}) satisfies z.ZodType<ApprovalDetail>;

type DecideReading = Pick<DecideResponse, 'recorded' | 'accepted' | 'verdict'>;
export const decidedForm = z.object({
  recorded: z.boolean(),
  accepted: z.boolean().optional(),
  verdict: z.string().optional(),
}) satisfies z.ZodType<DecideReading>;
export type Decided = z.infer<typeof decidedForm>;

export const takenOverForm = z.object({ takenOverBy: z.string() }) satisfies z.ZodType<
  Pick<TakeOverResponse, 'takenOverBy'>
>;

export const closedForm = z.object({
  closedBy: z.string(),
  reason: z.string(),
}) satisfies z.ZodType<CloseResponse>;

type AcceptedReading = Pick<Accepted, 'incidentId'> & { outcome: string };
export const acceptedForm = z.object({
  incidentId: z.string().optional(),
  outcome: z.string(),
}) satisfies z.ZodType<AcceptedReading>;
export type AcceptedAlert = z.infer<typeof acceptedForm>;

export const stopAllForm = z.object({
  stopped: z.boolean(),
  by: z.string().optional(),
  at: z.string().optional(),
  reason: z.string().optional(),
}) satisfies z.ZodType<StopAll>;

export const patrolsForm = z.object({
  items: z.array(patrolStateSchema.extend({ seen: z.array(patrolWatchSchema.extend({ id: z.string() })) })),
}) satisfies z.ZodType<PatrolList>;
export type PatrolReading = z.output<typeof patrolsForm>['items'][number];
export const patrolStartedForm = z.object({
  name: z.string(),
  started: z.boolean(),
}) satisfies z.ZodType<PatrolStarted>;

export const usersForm = z.object({
  items: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['person', 'service']),
      roles: z.array(roleSchema),
      environments: z.array(z.string()).optional(),
      createdAt: instantSchema,
      disabledAt: instantSchema.optional(),
      keys: z.int(),
    }),
  ),
}) satisfies z.ZodType<UserList>;

const totpForm = z.object({ secret: z.string(), uri: z.string() });
export const accountSecretsForm = z.object({
  name: z.string(),
  apiKey: z.string(),
  totp: totpForm.optional(),
}) satisfies z.ZodType<AccountSecrets>;
export const accountChangeForm = z.object({
  name: z.string(),
  apiKey: z.string().optional(),
  totp: totpForm.optional(),
  revokedKeys: z.int().optional(),
}) satisfies z.ZodType<AccountChange>;
