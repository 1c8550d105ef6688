import { z } from 'zod';
import { hashOf } from './hash.ts';
import { objectRefSchema } from './object-ref.ts';
import { roleSchema } from './policy/policy.ts';
import { riskClassSchema } from './risk.ts';
import { instantSchema } from './time.ts';

/** A name with a one-time code, for decisions that are typed into Temporal's UI. */
export const codeProofSchema = z.strictObject({
  user: z.string().min(1).max(256),
  otp: z.string().regex(/^\d{6,8}$/),
});
/** Who decided, provably: a token that the server signed, or a name with a one-time code. */
export const proofSchema = z.union([z.strictObject({ token: z.string().min(1).max(4096) }), codeProofSchema]);
export type Proof = z.infer<typeof proofSchema>;

/** What the `decide` signal carries. */
export const decisionSchema = z.strictObject({
  gateId: z.string().min(1),
  argsHash: z.string().min(1),
  decision: z.enum(['approve', 'reject', 'edit']),
  reason: z.string().max(4000).optional(),
  /** New arguments, for `edit`. */
  edits: z.record(z.string(), z.unknown()).optional(),
  proof: proofSchema,
});
export type Decision = z.infer<typeof decisionSchema>;

export const gateStatuses = ['open', 'approved', 'rejected', 'expired', 'withdrawn', 'edited'] as const;
export type GateStatus = (typeof gateStatuses)[number];

export const fieldChangeSchema = z.object({
  path: z.string(),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
});

/** A question to people: may this step be taken? */
export const gateSchema = z.object({
  gateId: z.string(),
  incidentId: z.string(),
  planNo: z.int(),
  stepNo: z.int(),
  /** Counts the dry runs of a step: a changed world makes a new gate. */
  attempt: z.int(),
  workflowId: z.string(),
  runId: z.string(),
  status: z.enum(gateStatuses),
  argsHash: z.string(),
  action: z.string(),
  object: objectRefSchema,
  targetUid: z.string(),
  arguments: z.record(z.string(), z.unknown()),
  /** Absent for a deletion. */
  changes: z.array(fieldChangeSchema),
  diffDigest: z.string(),
  riskClass: riskClassSchema,
  environment: z.string(),
  policyVersion: z.string(),
  rule: z.string(),
  needs: z.object({
    approvals: z.number(),
    roles: z.array(roleSchema),
    distinctFrom: z.array(z.string()),
  }),
  what: z.object({ en: z.string(), zh: z.string() }),
  why: z.string(),
  undo: z.string(),
  blastRadius: z.object({ objects: z.int(), replicas: z.int(), namespaces: z.int() }),
  openedAt: instantSchema,
  escalateAt: instantSchema,
  expiresAt: instantSchema,
  escalatedAt: instantSchema.optional(),
  closedAt: instantSchema.optional(),
});
export type Gate = z.infer<typeof gateSchema>;

/** One decision as it was judged. `accepted` false says why in `verdict`. */
export const judgedDecisionSchema = z.object({
  gateId: z.string(),
  runId: z.string(),
  eventId: z.int(),
  at: instantSchema,
  decision: z.enum(['approve', 'reject', 'edit']).optional(),
  user: z.string().optional(),
  proofKind: z.enum(['token', 'otp']).optional(),
  channel: z.string().optional(),
  reason: z.string().optional(),
  edits: z.record(z.string(), z.unknown()).optional(),
  accepted: z.boolean(),
  verdict: z.string(),
});
export type JudgedDecision = z.infer<typeof judgedDecisionSchema>;

/** What the judged decisions make of a gate. */
export type GateState =
  /** `refused`: why the decision that came last does not count, where it does not. */
  | { readonly state: 'open'; readonly approvals: number; readonly refused?: string }
  | { readonly state: 'approved'; readonly by: readonly string[] }
  | { readonly state: 'rejected'; readonly by: string; readonly reason: string }
  | { readonly state: 'edited'; readonly by: string; readonly edits: Readonly<Record<string, unknown>> };

/**
 * The state that follows from the accepted decisions, in the order of their events: the first rejection or edit ends the
 * gate; approvals count once a person.
 */
export function gateStateOf(needs: Gate['needs'], decisions: readonly JudgedDecision[]): GateState {
  const approvers = new Set<string>();
  for (const decision of decisions.filter((d) => d.accepted).toSorted((a, b) => a.eventId - b.eventId)) {
    const by = decision.user ?? '';
    if (decision.decision === 'reject') return { state: 'rejected', by, reason: decision.reason ?? '' };
    if (decision.decision === 'edit') return { state: 'edited', by, edits: decision.edits ?? {} };
    approvers.add(by);
    if (approvers.size >= needs.approvals) return { state: 'approved', by: [...approvers] };
  }
  return { state: 'open', approvals: approvers.size };
}

/** The text of a decision that a token is bound to. */
export function decisionDigest(
  decision: Pick<Decision, 'gateId' | 'argsHash' | 'decision' | 'reason' | 'edits'>,
): string {
  return hashOf([
    decision.gateId,
    decision.argsHash,
    decision.decision,
    decision.reason ?? null,
    decision.edits ?? null,
  ]);
}
