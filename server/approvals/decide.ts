import type { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import type { Gate, GateState, JudgedDecision } from '#domain/gate.ts';
import { toMs } from '#domain/time.ts';
import { decisionsOf, getGate } from '#store/gates.ts';
import { inTenant } from '#store/pool.ts';
import { signalNames } from '#workflows/contracts.ts';
import type { DecideResponse, decideRequestSchema } from '../api/schemas.ts';
import type { Caller } from '../auth/permissions.ts';
import type { Workflows } from '../temporal/workflows.ts';
import { signDecision } from './decision-token.ts';
import { refusalOfUser } from './judge-decision.ts';
import { type JudgeDeps, judgeGate } from './judge-gate.ts';
import { requirementOf } from './requirement.ts';

export type DecideDeps = JudgeDeps & { readonly workflows: Pick<Workflows, 'decideEvents' | 'signal'> };
type DecideRequest = z.output<typeof decideRequestSchema>;

/** How long the answer waits for the decision to appear in Temporal's history, which a busy workflow delays. */
const waitForJudgementMs = 2_000;
const lookEveryMs = 100;

const words: Readonly<Record<string, string>> = {
  'disabled-user': 'the account is disabled',
  'role-missing': 'none of your roles may decide this gate',
  'four-eyes': 'whoever asked for the step may not decide it',
  'other-environment': 'the account may not decide in this environment',
  forbidden: 'the policy forbids the step: nobody can approve it',
};

function requireOpen(gate: Gate, request: DecideRequest, nowMs: number): void {
  if (gate.status !== 'open') throw new UnderstudyError('conflict', `the gate is ${gate.status} already`);
  if (nowMs >= toMs(gate.expiresAt))
    throw new UnderstudyError('conflict', `the gate expired at ${gate.expiresAt}`);
  if (gate.argsHash !== request.argsHash) {
    throw new UnderstudyError(
      'conflict',
      'the question is another one by now (argsHash differs): read it again',
    );
  }
  if (request.decision === 'edit' && request.edits === undefined)
    throw new UnderstudyError('bad-input', 'edits: an edit needs new arguments', {
      details: { field: 'edits' },
    });
}

async function gateFor(
  deps: DecideDeps,
  caller: Caller,
  gateId: string,
  request: DecideRequest,
): Promise<Gate> {
  const { store, tenant, now, serviceCatalogue } = deps;
  const { gate, refusal } = await inTenant(store, tenant, async (tx) => {
    const found = await getGate(tx, gateId);
    if (found === undefined) throw new UnderstudyError('not-found', `there is no gate ${gateId}`);
    const requirement = await requirementOf(tx, serviceCatalogue, found, false);
    return { gate: found, refusal: refusalOfUser(caller.user, requirement, now()) };
  });
  requireOpen(gate, request, toMs(now()));
  if (refusal !== undefined) throw new UnderstudyError('forbidden', words[refusal] ?? refusal);
  return gate;
}

type Looked = { readonly state: GateState; readonly judged: JudgedDecision | undefined };

/** Judges the gate, and finds what became of the decision that was signalled, by the proof that came with it. */
async function look(
  deps: DecideDeps,
  gate: Gate,
  before: ReadonlySet<number>,
  user: string,
): Promise<Looked> {
  const state = await judgeGate(deps, gate.gateId);
  const decisions = await inTenant(deps.store, deps.tenant, (tx) => decisionsOf(tx, gate.gateId));
  return { state, judged: decisions.find((one) => one.user === user && !before.has(one.eventId)) };
}

/**
 * Sends the decision of an authenticated user to the gate's workflow, signed, and says what became of it. What counts is
 * what Temporal has recorded; this only brings it there.
 */
export async function decide(
  deps: DecideDeps,
  caller: Caller,
  gateId: string,
  request: DecideRequest,
): Promise<DecideResponse> {
  const gate = await gateFor(deps, caller, gateId, request);
  const { channel, decision: kind, argsHash, reason, edits } = request;
  const decision = {
    ...{ gateId, argsHash, decision: kind },
    ...(reason === undefined ? {} : { reason }),
    ...(edits === undefined ? {} : { edits }),
  };
  const user = caller.user.name;
  const known = await inTenant(deps.store, deps.tenant, (tx) => decisionsOf(tx, gateId));
  const before = new Set(known.map((one) => one.eventId));
  const token = await signDecision(deps.keys.decision, { user, decision, channel, now: deps.now() });
  const target = { workflowId: gate.workflowId, runId: gate.runId };
  const sent = await deps.workflows.signal(target, signalNames.decide, { ...decision, proof: { token } });
  if (sent === 'gone') throw new UnderstudyError('conflict', 'the workflow that asked has ended');
  const endMs = Date.now() + waitForJudgementMs;
  for (;;) {
    const { state, judged } = await look(deps, gate, before, user);
    if (judged !== undefined) {
      return { recorded: true, accepted: judged.accepted, verdict: judged.verdict, gate: state };
    }
    if (Date.now() >= endMs) return { recorded: false };
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}
