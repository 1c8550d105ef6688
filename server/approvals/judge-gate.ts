import { UnderstudyError } from '#domain/errors.ts';
import { decisionSchema, type Gate, type GateState, gateStateOf, type JudgedDecision } from '#domain/gate.ts';
import { workflowIds } from '#domain/ids.ts';
import type { ServiceCatalogue } from '#domain/service-catalogue.ts';
import type { Instant } from '#domain/time.ts';
import { appendAudit } from '#store/audit.ts';
import {
  decisionsOf,
  getGate,
  judgedEventIds,
  lockGate,
  markApprovalTold,
  putDecision,
  setGateStatus,
} from '#store/gates.ts';
import { inTenant, type Store, type Tx } from '#store/pool.ts';
import type { DecideEvent } from '../temporal/decide-events.ts';
import type { Workflows } from '../temporal/workflows.ts';
import { judgeDecision } from './judge-decision.ts';
import { type Requirement, requirementOf } from './requirement.ts';
import type { SigningKeys } from './signing-keys.ts';

export type JudgeDeps = {
  readonly store: Store;
  readonly tenant: string;
  readonly workflows: Pick<Workflows, 'decideEvents'>;
  readonly keys: SigningKeys;
  readonly serviceCatalogue: ServiceCatalogue;
  readonly now: () => Instant;
  readonly onJudged?: (verdict: string) => void;
};

function missing(gateId: string): never {
  throw new UnderstudyError('not-found', `there is no gate ${gateId}`);
}

/** The gate, if it belongs to the workflow that a remediation of its plan must be. */
async function gateOfRemediation(deps: JudgeDeps, gateId: string): Promise<Gate> {
  const gate = (await inTenant(deps.store, deps.tenant, (tx) => getGate(tx, gateId))) ?? missing(gateId);
  const expected = workflowIds.remediation(gate.incidentId, gate.planNo);
  if (gate.workflowId !== expected) {
    throw new UnderstudyError(
      'forbidden',
      `gate ${gateId} names workflow ${gate.workflowId}, not ${expected}`,
    );
  }
  return gate;
}

/** What is known of who it was; never the proof itself. */
function actorOf(judged: JudgedDecision): string {
  if (judged.user === undefined) return 'unknown';
  const proved = judged.accepted || !['wrong-code', 'codes-locked', 'code-used'].includes(judged.verdict);
  return proved ? judged.user : `unproved:${judged.user}`;
}

async function record(tx: Tx, judged: JudgedDecision, event: DecideEvent): Promise<void> {
  const { decision, reason, edits, proofKind, channel, runId, eventId, accepted, verdict } = judged;
  await putDecision(tx, judged);
  await appendAudit(tx, {
    ...{ at: judged.at, actor: actorOf(judged), action: 'gate.decide', subject: judged.gateId },
    data: { decision, reason, edits, accepted },
    proof: { kind: proofKind, channel, runId, eventId, claimedIdentity: event.claimedIdentity },
    outcome: verdict,
  });
}

/** True where an event speaks of another gate that the same run has asked: that one's judge will deal with it. */
async function isOfAnotherGate(tx: Tx, gate: Gate, event: DecideEvent): Promise<boolean> {
  const parsed = decisionSchema.pick({ gateId: true }).loose().safeParse(event.payload);
  if (!parsed.success || parsed.data.gateId === gate.gateId) return false;
  return (await getGate(tx, parsed.data.gateId))?.runId === gate.runId;
}

async function judgeNew(
  deps: JudgeDeps,
  tx: Tx,
  gate: Gate,
  requirement: Requirement,
  events: readonly DecideEvent[],
): Promise<void> {
  const known = await judgedEventIds(tx, gate.runId);
  for (const event of events) {
    if (known.has(event.eventId) || (await isOfAnotherGate(tx, gate, event))) continue;
    const judged = await judgeDecision({ tx, keys: deps.keys.decision, gate, requirement, event });
    await record(tx, judged, event);
    deps.onJudged?.(judged.verdict);
  }
}

/**
 * The accepted decisions, each proved again from its event in the history: a row alone, whoever wrote it, decides
 * nothing.
 */
async function provedDecisions(
  deps: JudgeDeps,
  tx: Tx,
  gate: Gate,
  requirement: Requirement,
  events: readonly DecideEvent[],
): Promise<JudgedDecision[]> {
  const proved: JudgedDecision[] = [];
  for (const { accepted, eventId } of await decisionsOf(tx, gate.gateId)) {
    const event = events.find((candidate) => candidate.eventId === eventId);
    if (!accepted || event === undefined) continue;
    const again = await judgeDecision({ tx, keys: deps.keys.decision, gate, requirement, event });
    if (again.accepted) proved.push(again);
  }
  return proved;
}

/** The state that the decisions and the policy make of a gate. One that was closed without a decision stays undecided. */
function stateOf(gate: Gate, requirement: Requirement, decisions: readonly JudgedDecision[]): GateState {
  const needs = requirement.needs;
  if (needs === undefined || gate.status === 'expired' || gate.status === 'withdrawn')
    return { state: 'open', approvals: decisions.length };
  const state = gateStateOf(needs, decisions);
  // Where the policy asks nobody, the absence of a no is enough.
  return state.state === 'open' && needs.approvals === 0 ? { state: 'approved', by: [] } : state;
}

/**
 * Judges every decision on a gate that Temporal has recorded and that was not judged yet, each at its own time, and says
 * what they make of the gate. Asked again it judges nothing twice and says the same.
 */
export async function judgeGate(deps: JudgeDeps, gateId: string): Promise<GateState> {
  const { workflowId, runId } = await gateOfRemediation(deps, gateId);
  const events = await deps.workflows.decideEvents({ workflowId, runId });
  return inTenant(deps.store, deps.tenant, async (tx) => {
    const gate = (await lockGate(tx, gateId)) ?? missing(gateId);
    const requirement = await requirementOf(tx, deps.serviceCatalogue, gate, false);
    await judgeNew(deps, tx, gate, requirement, events);
    const state = stateOf(gate, requirement, await provedDecisions(deps, tx, gate, requirement, events));
    if (state.state !== 'open') await setGateStatus(tx, gateId, state.state, deps.now());
    return state;
  });
}

/**
 * `judgeGate` for the workflow that waits: from the first time that it is told of an approval, its time to act runs. It shows
 * whoever decided in Temporal's own UI why that does not count: nothing else there would.
 */
export async function judgeGateForWorkflow(deps: JudgeDeps, gateId: string): Promise<GateState> {
  const state = await judgeGate(deps, gateId);
  return inTenant(deps.store, deps.tenant, async (tx) => {
    if (state.state === 'approved') await markApprovalTold(tx, gateId, deps.now());
    if (state.state !== 'open') return state;
    const last = (await decisionsOf(tx, gateId)).toSorted((a, b) => a.eventId - b.eventId).at(-1);
    return last === undefined || last.accepted ? state : { ...state, refused: last.verdict };
  });
}
