import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { argsHash, wereShown } from '#domain/actions/args-hash.ts';
import { actionNamed } from '#domain/actions/catalogue.ts';
import { messageOf, UnderstudyError } from '#domain/errors.ts';
import type { Gate } from '#domain/gate.ts';
import { type GrantClaims, grantAudience, grantIssuer } from '#domain/grant.ts';
import { canonicalJson } from '#domain/hash.ts';
import { sameObject } from '#domain/object-ref.ts';
import { undoneStepNo } from '#domain/plan.ts';
import { fromMs, type Instant, toMs } from '#domain/time.ts';
import { appendAudit } from '#store/audit.ts';
import { decisionsOf, gatesOf, lockGate, markApprovalTold } from '#store/gates.ts';
import { grantOf, putGrant, type StoredGrant, voidGrant } from '#store/grants.ts';
import { getIncident } from '#store/incidents.ts';
import { ledgerOf } from '#store/ledger.ts';
import { getPlan } from '#store/plans.ts';
import { inTenant, type Tx } from '#store/pool.ts';
import { getStep, type StoredStep } from '#store/steps.ts';
import { type JudgeDeps, judgeGate } from './judge-gate.ts';
import { type Requirement, requirementOf } from './requirement.ts';
import type { KeyPair } from './signing-keys.ts';

export type GrantDeps = JudgeDeps & {
  /** Clusters that may be acted on. */
  readonly clusters: readonly string[];
  readonly readOnly: boolean;
};

/** A grant, signed: what the process that acts is shown. */
export type IssuedGrant = { readonly grant: string; readonly stepId: string; readonly expiresAt: Instant };

function refuse(why: string): never {
  throw new UnderstudyError('grant-refused', why);
}

async function requireOpenIncident(tx: Tx, gate: Gate): Promise<void> {
  const incident = (await getIncident(tx, gate.incidentId)) ?? refuse('there is no such incident');
  if (incident.status !== 'open') refuse('the incident is closed');
  if (incident.takenOverBy !== undefined) refuse(`${incident.takenOverBy} has taken the incident over`);
}

const equal = (a: unknown, b: unknown): boolean => canonicalJson(a) === canonicalJson(b);

/** The arguments that a step may be taken with: the plan's, changed by the edits that people made on the way here. */
async function argumentsOnRecord(tx: Tx, gate: Gate, planned: Record<string, unknown>): Promise<unknown> {
  const earlier = (await gatesOf(tx, gate.incidentId)).filter(
    (other) => other.planNo === gate.planNo && other.stepNo === gate.stepNo && other.attempt < gate.attempt,
  );
  let args = planned;
  for (const { gateId } of earlier.toSorted((a, b) => a.attempt - b.attempt)) {
    for (const { accepted, decision, edits } of await decisionsOf(tx, gateId)) {
      if (accepted && decision === 'edit') args = { ...args, ...edits };
    }
  }
  return actionNamed(gate.action).arguments.parse(args);
}

/** A planned step: as the plan on record has it. */
async function requirePlannedStep(tx: Tx, gate: Gate): Promise<void> {
  const plan = (await getPlan(tx, gate.incidentId, gate.planNo)) ?? refuse('there is no such plan on record');
  const planned =
    plan.steps.find((step) => step.stepNo === gate.stepNo) ?? refuse('the plan has no such step');
  if (planned.action !== gate.action || !sameObject(planned.object, gate.object))
    refuse('the step is not the one that was planned');
  if (!equal(await argumentsOnRecord(tx, gate, planned.arguments), gate.arguments))
    refuse('the arguments are neither the planned ones nor what a person made of them');
}

/** A step back: exactly the inverse of a step that was prepared, approved and begun. */
async function requireUndoOf(tx: Tx, gate: Gate, stepNo: number): Promise<void> {
  const key = { incidentId: gate.incidentId, planNo: gate.planNo, stepNo };
  const step = (await getStep(tx, key)) ?? refuse('there is no step to take back');
  const inverse = step.prepared?.inverse ?? refuse('the step cannot be taken back');
  if (inverse.action !== gate.action || !sameObject(step.object, gate.object))
    refuse('this does not take the step back');
  if (!equal(inverse.arguments, gate.arguments)) refuse('this does not take the step back');
  const begun = (await ledgerOf(tx, { stepId: step.stepId })).some((row) => row.kind === 'started');
  if (!begun) refuse('the step was never begun');
}

/** The step's row, if the gate's step is what the plan on record says, or takes such a step back. */
async function stepOnRecord(tx: Tx, gate: Gate): Promise<StoredStep> {
  const step = (await getStep(tx, gate)) ?? refuse('there is no such step on record');
  const undone = undoneStepNo(gate.stepNo);
  if (undone === undefined) await requirePlannedStep(tx, gate);
  else await requireUndoOf(tx, gate, undone);
  return step;
}

/** The content that was approved must be what its hash says, under the policy that is in force now. */
function requireContent(deps: GrantDeps, gate: Gate, requirement: Requirement): void {
  const action = actionNamed(gate.action);
  const { policyVersion } = requirement.answer;
  if (!action.kinds.includes(gate.object.kind)) refuse(`${gate.action} is not for a ${gate.object.kind}`);
  if (!deps.clusters.includes(gate.object.cluster))
    refuse(`cluster ${gate.object.cluster} is not ours to act on`);
  if (gate.policyVersion !== policyVersion) refuse('the policy has changed since it was asked');
  if (!wereShown(gate.changes, gate.diffDigest)) refuse('the change is not the one that was shown');
  const hash = argsHash({
    ...{ action: gate.action, cluster: gate.object.cluster, targetUid: gate.targetUid, policyVersion },
    ...{ arguments: gate.arguments, diffDigest: gate.diffDigest },
  });
  if (hash !== gate.argsHash) refuse('the content does not have the hash that was approved');
}

/** True where a burnt grant's step was looked for afterwards and was seen to have had no effect. */
async function sawNoEffect(tx: Tx, grant: StoredGrant): Promise<boolean> {
  const burntMs = toMs(grant.burntAt ?? grant.issuedAt);
  const rows = await ledgerOf(tx, { stepId: grant.claims.stepId });
  const since = rows.filter((row) => toMs(row.at) >= burntMs);
  return (
    since.some((row) => row.kind === 'effect-absent') && !since.some((row) => row.kind === 'effect-observed')
  );
}

/** The live grant of a gate if it can still be used; makes room for a new one where that is allowed. */
async function usableGrant(tx: Tx, gateId: string, at: Instant): Promise<StoredGrant | undefined> {
  const live = await grantOf(tx, gateId);
  if (live === undefined) return undefined;
  if (live.burntAt === undefined && toMs(live.expiresAt) > toMs(at)) return live;
  if (live.burntAt !== undefined && !(await sawNoEffect(tx, live)))
    refuse('its grant was used, and nobody has seen that the step had no effect');
  await voidGrant(tx, live.claims.jti, at);
  return undefined;
}

type Approval = { readonly approvedBy: readonly string[]; readonly toldAt: Instant };

async function newGrant(
  tx: Tx,
  gate: Gate,
  step: StoredStep,
  requirement: Requirement,
  approval: Approval,
  at: Instant,
): Promise<StoredGrant> {
  const { grantTtlMs } = requirement.answer.durations;
  const nowMs = toMs(at);
  if (nowMs - toMs(approval.toldAt) > grantTtlMs) refuse('the approval is too old to be acted on: ask again');
  const iat = Math.floor(nowMs / 1000);
  const exp = iat + Math.ceil(grantTtlMs / 1000);
  const { gateId, incidentId, action, object, argsHash: hash } = gate;
  const claims: GrantClaims = {
    ...{ jti: randomUUID(), gateId, incidentId, stepId: step.stepId, argsHash: hash, action },
    ...{ cluster: object.cluster, policyVersion: requirement.answer.policyVersion },
    ...{ riskClass: requirement.riskClass, approvedBy: [...approval.approvedBy], iat, exp },
  };
  const stored = { claims, issuedAt: at, expiresAt: fromMs(exp * 1000) };
  await putGrant(tx, stored);
  return stored;
}

function sign(keys: KeyPair, claims: GrantClaims): Promise<string> {
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'understudy-grant+jwt' })
    .setIssuer(grantIssuer)
    .setAudience(grantAudience)
    .sign(keys.privateKey);
}

async function grantFor(
  deps: GrantDeps,
  tx: Tx,
  gateId: string,
  approvedBy: readonly string[],
): Promise<StoredGrant> {
  const at = deps.now();
  const gate = (await lockGate(tx, gateId)) ?? refuse('there is no such gate');
  if (gate.status !== 'approved') refuse(`the gate is ${gate.status}`);
  await requireOpenIncident(tx, gate);
  const requirement = await requirementOf(tx, deps.serviceCatalogue, gate);
  if (requirement.needs === undefined) refuse(`the policy forbids it (${requirement.answer.rule})`);
  requireContent(deps, gate, requirement);
  const step = await stepOnRecord(tx, gate);
  const toldAt = await markApprovalTold(tx, gateId, at);
  const usable = await usableGrant(tx, gateId, at);
  return usable ?? newGrant(tx, gate, step, requirement, { approvedBy, toldAt }, at);
}

async function audit(
  deps: GrantDeps,
  gateId: string,
  outcome: string,
  data: Record<string, unknown>,
): Promise<void> {
  const action = outcome === 'issued' ? 'grant.issue' : 'grant.refuse';
  await inTenant(deps.store, deps.tenant, (tx) =>
    appendAudit(tx, { at: deps.now(), actor: 'system', action, subject: gateId, data, outcome }),
  );
}

/**
 * Gives the one permission under which an approved step may be taken. Everything that matters is worked out here again:
 * the decisions from Temporal's history, risk and needs from catalogue and policy, the content from its hash, the step
 * from the plan on record. Asked again before the grant is used, it is the same grant.
 * @throws `grant-refused` with the reason; `unavailable` where it could not be checked
 */
export async function issueGrant(deps: GrantDeps, gateId: string): Promise<IssuedGrant> {
  try {
    if (deps.readOnly) refuse('this instance is read-only');
    const state = await judgeGate(deps, gateId);
    if (state.state !== 'approved') refuse(`the gate is not approved (${state.state})`);
    const { claims, expiresAt } = await inTenant(deps.store, deps.tenant, (tx) =>
      grantFor(deps, tx, gateId, state.by),
    );
    const grant = await sign(deps.keys.grant, claims);
    const { jti, stepId, argsHash: hash, approvedBy } = claims;
    await audit(deps, gateId, 'issued', { jti, stepId, argsHash: hash, approvedBy });
    return { grant, stepId, expiresAt };
  } catch (error) {
    if (
      error instanceof UnderstudyError &&
      ['grant-refused', 'forbidden', 'not-found'].includes(error.code)
    ) {
      await audit(deps, gateId, 'refused', { reason: messageOf(error) });
    }
    throw error;
  }
}
