import { ApplicationFailure } from '@temporalio/common';
import {
  allHandlersFinished,
  condition,
  getExternalWorkflowHandle,
  workflowInfo,
} from '@temporalio/workflow';
import type { PolicyBrief, PreparedBrief, StepKey, StepStatus } from '#activities/types.ts';
import { workflowIds } from '#domain/ids.ts';
import { type RemediationResult, undoStepNo } from '#domain/plan.ts';
import { actOnce } from './act-once.ts';
import { lookers, recorders } from './activity-profiles.ts';
import { type RemediationInput, remediationInputSchema, signalNames } from './contracts.ts';
import { type Desk, requireOwnId, workflowNow } from './desk.ts';
import { type GateInbox, judgeLate, openInbox, passGate } from './gate.ts';
import { verifyEffect, verifyWhole } from './verify-step.ts';
import { showAttributes, showDetails } from './visible.ts';

/** How often a step may be prepared and asked for again because the world or the policy moved. */
const askCap = 3;

type Run = { readonly input: RemediationInput; readonly inbox: GateInbox; readonly desk: Desk };
type StepEnd = {
  readonly status: StepStatus;
  readonly detail: string;
  readonly reason?: string;
  /** Nobody knows whether it was done: a person must look, and nothing is taken back blindly. */
  readonly unclear?: boolean;
};

/**
 * Takes the steps of one recorded plan, each through its gate, once, verified, and undone when it did not help.
 * The input names a plan and nothing else: a remediation that somebody starts by hand has only what was planned, and no
 * effect without a grant.
 */
export async function remediationWorkflow(input: RemediationInput): Promise<RemediationResult> {
  if (!remediationInputSchema.safeParse(input).success)
    throw ApplicationFailure.nonRetryable(
      'a remediation is started with a tenant, an incident id and a plan number',
    );
  const workflowId = requireOwnId(workflowIds.remediation(input.incidentId, input.planNo));
  const desk: Desk = {
    tenant: input.tenant,
    incidentId: input.incidentId,
    workflowId,
    turnSeq: 0,
    callSeq: 0,
    evidenceIds: [],
    findings: {},
    results: [],
  };
  const run: Run = { input, inbox: openInbox(), desk };
  const result = await remediate(run);
  await judgeLate(run.inbox, input.tenant);
  await recordUnknown(run);
  await report(input, result);
  showAttributes({ phase: 'closed' });
  showDetails([`Ended: ${result.outcome}. ${result.detail}`]);
  await condition(allHandlersFinished);
  return result;
}

async function recordUnknown({ input, inbox }: Run): Promise<void> {
  for (const signal of inbox.unknown.splice(0)) {
    await recorders.recordUnknownSignal({ ...idsOf(input), name: signal.name, detail: signal.detail });
  }
}

function idsOf(input: RemediationInput): { tenant: string; incidentId: string } {
  return { tenant: input.tenant, incidentId: input.incidentId };
}

async function report(input: RemediationInput, result: RemediationResult): Promise<void> {
  try {
    await getExternalWorkflowHandle(workflowIds.incident(input.incidentId)).signal(
      signalNames.remediationReported,
      result,
    );
  } catch {
    // Nobody waits for it any more (the incident was ended by hand): the store has the steps, the reconciler the rest.
    await recorders.recordUnknownSignal({
      ...idsOf(input),
      name: 'report',
      detail: 'the incident workflow is gone',
    });
  }
}

async function remediate(run: Run): Promise<RemediationResult> {
  const { planNo } = run.input;
  const plan = await recorders.planSteps({ ...idsOf(run.input), planNo });
  if (plan.steps.length === 0)
    return { planNo, outcome: 'refused', detail: 'there is no such plan on record' };
  if (plan.proposedOnly !== undefined) return { planNo, outcome: 'proposed', detail: plan.proposedOnly };
  const taken: number[] = [];
  for (const { stepNo } of plan.steps) {
    const isLast = stepNo === plan.steps.at(-1)?.stepNo;
    const end = await takeStep(run, { ...idsOf(run.input), planNo, stepNo }, isLast);
    if (end.status === 'verified') {
      taken.push(stepNo);
      continue;
    }
    if (end.unclear === true) return { planNo, outcome: 'failed', detail: end.detail };
    // Whoever took the question back has the rest in hand too, or the alert has ended: what was done stays.
    if (end.status === 'withdrawn') return { planNo, outcome: 'withdrawn', detail: end.detail };
    return undoneResult(run, end, end.status === 'failed' ? [...taken, stepNo] : taken);
  }
  return { planNo, outcome: 'verified', detail: `${plan.steps.length} step(s) taken and verified` };
}

/** How a plan ends whose step failed or was refused, with everything taken back that can be. */
async function undoneResult(run: Run, end: StepEnd, stepNos: readonly number[]): Promise<RemediationResult> {
  const { planNo } = run.input;
  const { status, detail } = end;
  const reason = end.reason === undefined ? {} : { reason: end.reason };
  const undone = await undo(run, stepNos);
  if (status === 'failed' || !undone)
    return { planNo, outcome: undone ? 'undone' : 'failed', detail, ...reason };
  const outcome = status === 'rejected' || status === 'expired' ? status : 'refused';
  return { planNo, outcome, detail, ...reason };
}

/** One step: passed by people and policy, taken once, verified. */
async function takeStep(run: Run, key: StepKey, isLast: boolean): Promise<StepEnd> {
  const passed = await pass(run, key);
  if (passed.kind === 'ended') return passed.end;
  const { gateId, policy, attempt } = passed;
  await recorders.setPhase({ ...idsOf(run.input), phase: 'acting' });
  showAttributes({ phase: 'acting' });
  await record(key, 'acting', '', attempt);
  const done = await actOnce(run.inbox, key, gateId);
  if (done.effect === 'refused' || done.effect === 'withdrawn')
    return end(key, done.effect, done.detail, attempt);
  if (done.effect === 'unknown')
    return { ...(await end(key, 'failed', done.detail, attempt)), unclear: true };
  await record(key, 'verifying', done.detail, attempt);
  await recorders.setPhase({ ...idsOf(run.input), phase: 'verifying' });
  showAttributes({ phase: 'verifying' });
  const verified = isLast ? await verifyWhole(run.desk, key, policy) : await verifyEffect(key, attempt);
  return end(key, verified.well ? 'verified' : 'failed', verified.summary, attempt);
}

type Passed =
  | {
      readonly kind: 'passed';
      readonly gateId: string;
      readonly policy: PolicyBrief;
      readonly attempt: number;
    }
  | { readonly kind: 'ended'; readonly end: StepEnd };

/** Prepares a step, asks for it and prepares it again, until what was approved is what would be done now. */
async function pass(run: Run, key: StepKey): Promise<Passed> {
  const ended = async (...how: [StepStatus, string, number, string?]): Promise<Passed> => ({
    kind: 'ended',
    end: await end(key, ...how),
  });
  for (let attempt = 1; attempt <= askCap; attempt += 1) {
    await record(key, 'preparing', '', attempt);
    const prepared = await lookers.prepareStep({ ...key, attempt });
    if (!prepared.ok) return ended('refused', prepared.refused, attempt);
    const policy = await recorders.decidePolicy(key);
    if (policy.requirement === 'forbidden')
      return ended('refused', `policy ${policy.rule} forbids it`, attempt);
    const asked = await ask(run, key, prepared, attempt);
    if (asked.kind === 'ended') return ended(asked.status, asked.detail, attempt, asked.reason);
    if (asked.kind === 'edited') {
      await recorders.applyEdits({ ...key, edits: asked.edits });
      continue;
    }
    if (await movedSince(key, prepared, policy, attempt)) continue;
    return { kind: 'passed', gateId: asked.gateId, policy, attempt };
  }
  return ended('refused', `it was asked for ${askCap} times, and each time it changed`, askCap);
}

type Asked =
  | { readonly kind: 'approved'; readonly gateId: string }
  | { readonly kind: 'edited'; readonly edits: Readonly<Record<string, unknown>> }
  | {
      readonly kind: 'ended';
      readonly status: 'rejected' | 'expired' | 'withdrawn';
      readonly detail: string;
      readonly reason?: string;
    };

async function ask(run: Run, key: StepKey, prepared: PreparedBrief, attempt: number): Promise<Asked> {
  const { workflowId, runId } = workflowInfo();
  const gate = await recorders.openGate({ ...key, attempt, workflowId, runId, openedAt: workflowNow() });
  await record(key, 'awaiting-approval', gate.what.en, attempt);
  await recorders.setPhase({ ...idsOf(run.input), phase: 'awaiting-approval' });
  const outcome = await passGate(run.inbox, { ...key, attempt }, gate, prepared.diffDigest);
  await recordUnknown(run);
  switch (outcome.state) {
    case 'approved':
      return { kind: 'approved', gateId: gate.gateId };
    case 'edited':
      return { kind: 'edited', edits: outcome.edits };
    case 'rejected':
      return { kind: 'ended', status: 'rejected', detail: `${outcome.by} said no`, reason: outcome.reason };
    case 'expired':
      return { kind: 'ended', status: 'expired', detail: gate.what.en };
    case 'withdrawn':
      return { kind: 'ended', status: 'withdrawn', detail: outcome.reason };
  }
}

/** True where the dry run or the policy no longer say what was approved; then it must be asked again. */
async function movedSince(
  key: StepKey,
  before: PreparedBrief,
  policyBefore: PolicyBrief,
  attempt: number,
): Promise<boolean> {
  const prepared = await lookers.prepareStep({ ...key, attempt });
  if (!prepared.ok || prepared.diffDigest !== before.diffDigest) return true;
  const policy = await recorders.decidePolicy(key);
  return policy.argsHash !== policyBefore.argsHash;
}

/** Takes the given steps back, the last one first; true where all of them are as they were. */
async function undo(run: Run, stepNos: readonly number[]): Promise<boolean> {
  // A person who took over has this in hand as well.
  if (run.inbox.withdrawn?.takenOverBy !== undefined) return stepNos.length === 0;
  // That the alert ended took the step's question back; whether to undo what did not help is another one.
  delete run.inbox.withdrawn;
  let all = true;
  for (const stepNo of stepNos.toReversed()) {
    const key: StepKey = { ...idsOf(run.input), planNo: run.input.planNo, stepNo };
    const way = await recorders.prepareUndo(key);
    const done =
      way === 'nothing-to-undo' ||
      (way === 'ready' && (await takeBack(run, { ...key, stepNo: undoStepNo(stepNo) })));
    if (done) await record(key, 'undone', way === 'ready' ? 'taken back' : 'it left nothing to take back', 1);
    all &&= done;
  }
  return all;
}

/** Undoing is a step like any other: asked for and taken once. It is done when its effect is there. */
async function takeBack(run: Run, key: StepKey): Promise<boolean> {
  const passed = await pass(run, key);
  if (passed.kind === 'ended') return false;
  await record(key, 'acting', '', passed.attempt);
  const done = await actOnce(run.inbox, key, passed.gateId);
  const ok = done.effect === 'applied' || done.effect === 'already-there';
  await end(key, ok ? 'verified' : 'failed', done.detail, passed.attempt);
  return ok;
}

async function record(key: StepKey, status: StepStatus, detail: string, attempt: number): Promise<void> {
  await recorders.recordStep({ ...key, status, detail, attempt });
}

async function end(
  key: StepKey,
  status: StepStatus,
  detail: string,
  attempt: number,
  reason?: string,
): Promise<StepEnd> {
  await record(key, status, detail, attempt);
  return { status, detail, ...(reason === undefined ? {} : { reason }) };
}
