import { z } from 'zod';
import { agentDecisionSchema, agentNames, agentTaskSchema, caseSchema } from '#domain/agent-turn.ts';
import { alertSchema } from '#domain/alert.ts';
import { evidenceSchema } from '#domain/evidence.ts';
import { gateSchema, gateStatuses, judgedDecisionSchema } from '#domain/gate.ts';
import { type incidentEventSchema, incidentSchema } from '#domain/incident.ts';
import { objectRefSchema } from '#domain/object-ref.ts';
import { patrolStateSchema, patrolWatchSchema } from '#domain/patrol.ts';
import { planSchema } from '#domain/plan.ts';
import { roleSchema } from '#domain/policy/policy.ts';
import { instantSchema } from '#domain/time.ts';

/**
 * What goes over the wire, both ways. The console and the command line import the types of this file and nothing else of
 * the server.
 */

/** An error (RFC 9457). `code` is stable; `field` names the input that is wrong. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  traceId: z.string(),
  field: z.string().optional(),
});
export type Problem = z.infer<typeof problemSchema>;

export const incidentListQuerySchema = z.object({
  status: incidentSchema.shape.status.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.uuid().optional(),
});
export const incidentListSchema = z.object({
  items: z.array(incidentSchema),
  nextCursor: z.string().optional(),
});
export type IncidentList = z.infer<typeof incidentListSchema>;

export const evidenceListQuerySchema = z.object({
  cursor: z
    .string()
    .regex(/^\d{1,9}$/)
    .optional(),
});
/** What tool calls brought, whole: a few at a time, for they may be large. */
export const evidenceListSchema = z.object({
  items: z.array(evidenceSchema),
  nextCursor: z.string().optional(),
});
export type EvidenceList = z.infer<typeof evidenceListSchema>;

export const turnViewSchema = z.object({
  workflowId: z.string(),
  turnSeq: z.int(),
  agent: z.enum(agentNames),
  task: agentTaskSchema,
  round: z.int(),
  asOf: instantSchema,
  decision: agentDecisionSchema,
  reasoner: z.enum(['rules', 'model']),
});

export const toolCallViewSchema = z.object({
  workflowId: z.string(),
  callSeq: z.int(),
  evidenceId: z.string(),
  server: z.string(),
  tool: z.string(),
  arguments: z.record(z.string(), z.unknown()),
  why: z.string(),
  asOf: instantSchema,
  durationMs: z.int(),
  /** `ok`, or the code of the error. */
  outcome: z.string(),
  digest: z.string(),
});

export const stepViewSchema = z.object({
  planNo: z.int(),
  stepNo: z.int(),
  stepId: z.string(),
  status: z.string(),
  action: z.string(),
  object: objectRefSchema,
  arguments: z.record(z.string(), z.unknown()),
  why: z.string(),
  undo: z.string(),
  detail: z.string().optional(),
  updatedAt: instantSchema,
});

export const ledgerViewSchema = z.object({
  seq: z.int(),
  planNo: z.int(),
  stepNo: z.int(),
  stepId: z.string(),
  kind: z.string(),
  attempt: z.int(),
  at: instantSchema,
  data: z.record(z.string(), z.unknown()),
  hash: z.string(),
});

/** An incident with everything that was found, asked, decided and done. */
export const incidentDetailSchema = z.object({
  incident: incidentSchema,
  alerts: z.array(alertSchema),
  turns: z.array(turnViewSchema),
  toolCalls: z.array(toolCallViewSchema),
  plans: z.array(z.object({ planNo: z.int(), plan: planSchema, at: instantSchema })),
  steps: z.array(stepViewSchema),
  gates: z.array(gateSchema.extend({ decisions: z.array(judgedDecisionSchema) })),
  ledger: z.array(ledgerViewSchema),
  case: caseSchema.optional(),
});
export type IncidentDetail = z.infer<typeof incidentDetailSchema>;

export const takeOverRequestSchema = z.strictObject({ reason: z.string().max(4000).optional() });
export type TakeOverRequest = z.infer<typeof takeOverRequestSchema>;
export const takeOverResponseSchema = z.object({ takenOverBy: z.string() });
export type TakeOverResponse = z.infer<typeof takeOverResponseSchema>;

export const closeRequestSchema = z.strictObject({ reason: z.string().trim().min(1).max(4000) });
export type CloseRequest = z.infer<typeof closeRequestSchema>;
export const closeResponseSchema = z.object({ closedBy: z.string(), reason: z.string() });
export type CloseResponse = z.infer<typeof closeResponseSchema>;

export const approvalListQuerySchema = z.object({
  status: z.enum(gateStatuses).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export const approvalListSchema = z.object({ items: z.array(gateSchema) });
export type ApprovalList = z.infer<typeof approvalListSchema>;

export const approvalDetailSchema = z.object({
  gate: gateSchema,
  decisions: z.array(judgedDecisionSchema),
});
export type ApprovalDetail = z.infer<typeof approvalDetailSchema>;

export const channels = ['api', 'cli', 'console'] as const;

export const decideRequestSchema = z.strictObject({
  decision: z.enum(['approve', 'reject', 'edit']),
  /** As the question had it: a decision holds for exactly what was shown. */
  argsHash: z.string().min(1),
  reason: z.string().max(4000).optional(),
  edits: z.record(z.string(), z.unknown()).optional(),
  channel: z.enum(channels).default('api'),
});
export type DecideRequest = z.input<typeof decideRequestSchema>;

export const gateStateSchema = z.discriminatedUnion('state', [
  z.object({ state: z.literal('open'), approvals: z.int() }),
  z.object({ state: z.literal('approved'), by: z.array(z.string()).readonly() }),
  z.object({ state: z.literal('rejected'), by: z.string(), reason: z.string() }),
  z.object({
    state: z.literal('edited'),
    by: z.string(),
    edits: z.record(z.string(), z.unknown()).readonly(),
  }),
]);

export const decideResponseSchema = z.object({
  /** True where the decision has been judged; false (202) where that is still to come. */
  recorded: z.boolean(),
  accepted: z.boolean().optional(),
  /** `accepted`, or why not. */
  verdict: z.string().optional(),
  gate: gateStateSchema.optional(),
});
export type DecideResponse = z.infer<typeof decideResponseSchema>;

/** A simple alert, for scripts and for trying things out. */
export const sendAlertRequestSchema = z.object({
  name: z.string().min(1).max(200),
  status: z.enum(['firing', 'resolved']).default('firing'),
  severity: z.string().max(50).optional(),
  summary: z.string().max(2000).optional(),
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({}),
  /** Now unless told. */
  startsAt: instantSchema.optional(),
  /** What makes two alerts one incident; unless told, their name and labels. */
  groupKey: z.string().min(1).max(4096).optional(),
});
export type SendAlertRequest = z.input<typeof sendAlertRequestSchema>;

export const acceptedSchema = z.object({
  deliveryId: z.string(),
  incidentId: z.string().optional(),
  deliveryNo: z.int().optional(),
  outcome: z.enum(['opened', 'joined', 'still-firing', 'resolved', 'duplicate', 'reopened', 'ignored']),
});
export type Accepted = z.infer<typeof acceptedSchema>;

export const eventQuerySchema = z.object({
  incidentId: z.uuid().optional(),
  /** Begins after this number; the header `Last-Event-ID` goes before it. `latest`: only what comes from now on. */
  after: z.union([z.literal('latest'), z.coerce.number().int().min(0)]).optional(),
});
/** One `data:` of the stream of events; `id:` is its `seq`, `event:` its `type`. */
export type StreamedEvent = z.infer<typeof incidentEventSchema>;

export const caseListQuerySchema = z.object({ limit: z.coerce.number().int().min(1).max(200).default(50) });
export const caseListSchema = z.object({
  items: z.array(
    z.object({
      incidentId: z.string(),
      case: caseSchema,
      openedAt: instantSchema,
      closedAt: instantSchema,
    }),
  ),
});
export type CaseList = z.infer<typeof caseListSchema>;

export const patrolListSchema = z.object({
  items: z.array(
    patrolStateSchema.extend({
      seen: z.array(patrolWatchSchema.extend({ id: z.string() })),
    }),
  ),
});
export type PatrolList = z.infer<typeof patrolListSchema>;
export const patrolStartedSchema = z.object({ name: z.string(), started: z.boolean() });
export type PatrolStarted = z.infer<typeof patrolStartedSchema>;

export const stopAllRequestSchema = z.strictObject({
  stopped: z.boolean(),
  reason: z.string().max(4000).optional(),
});
export type StopAllRequest = z.infer<typeof stopAllRequestSchema>;
export const stopAllSchema = z.object({
  stopped: z.boolean(),
  by: z.string().optional(),
  at: instantSchema.optional(),
  reason: z.string().optional(),
});
export type StopAll = z.infer<typeof stopAllSchema>;

export const meSchema = z.object({
  name: z.string(),
  kind: z.enum(['person', 'service']),
  roles: z.array(roleSchema),
  environments: z.array(z.string()).optional(),
});
export type Me = z.infer<typeof meSchema>;

/** No blanks, nothing that a URL, a shell or a column would have to quote. */
export const userNameSchema = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._@-]{0,63}$/,
    'lower-case letters, digits and . _ @ -, beginning with one of the first two',
  );

export const userListSchema = z.object({
  items: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['person', 'service']),
      roles: z.array(roleSchema),
      environments: z.array(z.string()).optional(),
      createdAt: instantSchema,
      disabledAt: instantSchema.optional(),
      /** How many API keys work. */
      keys: z.int(),
    }),
  ),
});
export type UserList = z.infer<typeof userListSchema>;

export const createUserRequestSchema = z.strictObject({
  name: userNameSchema,
  kind: z.enum(['person', 'service']).default('person'),
  roles: z.array(roleSchema).default([]),
  /** Environments whose steps it may decide; absent: all. */
  environments: z.array(z.string().min(1)).optional(),
  /** `intake`: the key posts alerts and changes, and nothing else. */
  scope: z.enum(['full', 'intake']).default('full'),
});
export type CreateUserRequest = z.input<typeof createUserRequestSchema>;

const totpSchema = z.object({ secret: z.string(), uri: z.string() });
/** Secrets of a new account: shown once. */
export const accountSecretsSchema = z.object({
  name: z.string(),
  apiKey: z.string(),
  totp: totpSchema.optional(),
});
export type AccountSecrets = z.infer<typeof accountSecretsSchema>;

/** What a change of an account has to show, once. */
export const accountChangeSchema = z.object({
  name: z.string(),
  apiKey: z.string().optional(),
  totp: totpSchema.optional(),
  revokedKeys: z.int().optional(),
});
export type AccountChange = z.infer<typeof accountChangeSchema>;

export const statusSchema = z.object({
  version: z.string(),
  tenant: z.string(),
  readOnly: z.boolean(),
  stopped: z.boolean(),
  temporal: z.object({ address: z.string(), uiUrl: z.string().optional(), reachable: z.boolean() }),
  incidents: z.object({ open: z.int() }),
  approvals: z.object({ open: z.int() }),
  /** News that no workflow has taken yet. */
  outbox: z.object({ waiting: z.int(), oldest: instantSchema.optional() }),
});
export type Status = z.infer<typeof statusSchema>;

export const auditListQuerySchema = z.object({
  /** Only what came after this number. */
  after: z.coerce.number().int().min(0).default(0),
  /** Of one gate, incident or account. */
  subject: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});
export const auditListSchema = z.object({
  items: z.array(
    z.object({
      seq: z.int(),
      at: instantSchema,
      actor: z.string(),
      action: z.string(),
      subject: z.string(),
      data: z.record(z.string(), z.unknown()),
      proof: z.record(z.string(), z.unknown()).optional(),
      outcome: z.string(),
      hash: z.string(),
    }),
  ),
});
export type AuditList = z.infer<typeof auditListSchema>;

const chainCheckSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), rows: z.int() }),
  z.object({ ok: z.literal(false), brokenAt: z.int(), why: z.string() }),
]);
/** Whether the append-only records are as they were written. */
export const auditCheckSchema = z.object({ audit: chainCheckSchema, ledger: chainCheckSchema });
export type AuditCheck = z.infer<typeof auditCheckSchema>;
