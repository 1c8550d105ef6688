import {
  allHandlersFinished,
  condition,
  getExternalWorkflowHandle,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { ExecuteAnswer, PolicyBrief, PreparedBrief, StepKey, StepStatus } from '#activities/types.ts';
import { workflowIds } from '#domain/ids.ts';
import { type RemediationResult, undoStepNo } from '#domain/plan.ts';
import { actors, lookers, recorders } from './activity-profiles.ts';
import { type RemediationInput, signalNames } from './contracts.ts';
import { briefOf, type Desk, workflowNow } from './desk.ts';
import { type GateInbox, openInbox, passGate } from './gate.ts';
import { showAttributes, showDetails } from './visible.ts';

/** How often a step may be prepared and asked for again because the world or the policy moved. */
const askCap = 3;
/** How often an act is tried again after it was seen to have had no effect. */
const actCap = 3;
/** Looks in a row that must say "worse" before a step is given up early. */
const worseLooks = 3;

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
  const { workflowId } = workflowInfo();
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
  const steps = await recorders.planSteps({ ...idsOf(run.input), planNo });
  if (steps.length === 0) return { planNo, outcome: 'refused', detail: 'there is no such plan on record' };
  const taken: number[] = [];
  for (const { stepNo } of steps) {
    const end = await takeStep(run, { ...idsOf(run.input), planNo, stepNo });
    if (end.status === 'verified') {
      taken.push(stepNo);
      continue;
    }
    if (end.unclear === true) return { planNo, outcome: 'failed', detail: end.detail };
    const undone = await undo(run, end.status === 'failed' ? [...taken, stepNo] : taken);
    return resultOf(planNo, end, undone);
  }
  return { planNo, outcome: 'verified', detail: `${steps.length} step(s) taken and verified` };
}

function resultOf(planNo: number, end: StepEnd, undone: boolean): RemediationResult {
  const reason = end.reason === undefined ? {} : { reason: end.reason };
  if (end.status === 'failed')
    return { planNo, outcome: undone ? 'undone' : 'failed', detail: end.detail, ...reason };
  const outcome =
    end.status === 'rejected' || end.status === 'expired' || end.status === 'withdrawn'
      ? end.status
      : 'refused';
  return { planNo, outcome, detail: end.detail, ...reason };
}

/** One step: prepared, asked for, prepared again, taken once, verified. */
async function takeStep(run: Run, key: StepKey): Promise<StepEnd> {
  for (let attempt = 1; attempt <= askCap; attempt += 1) {
    await record(key, 'preparing', '', attempt);
    const prepared = await lookers.prepareStep(key);
    if (!prepared.ok) return end(key, 'refused', prepared.refused, attempt);
    const policy = await recorders.decidePolicy(key);
    if (policy.requirement === 'forbidden')
      return end(key, 'refused', `policy ${policy.rule} forbids it`, attempt);
    const passed = await ask(run, key, prepared, attempt);
    if (passed.kind === 'ended') return end(key, passed.status, passed.detail, attempt, passed.reason);
    if (passed.kind === 'edited') {
      await recorders.applyEdits({ ...key, edits: passed.edits });
      continue;
    }
    if (await movedSince(key, prepared, policy)) continue;
    if (run.inbox.withdrawn !== undefined) return end(key, 'withdrawn', run.inbox.withdrawn, attempt);
    return act(run, key, passed.gateId, policy, attempt);
  }
  return end(key, 'refused', `the world moved under the step ${askCap} times`, askCap);
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
  const outcome = await passGate(run.inbox, key, gate, prepared.diffDigest);
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
async function movedSince(key: StepKey, before: PreparedBrief, policyBefore: PolicyBrief): Promise<boolean> {
  const prepared = await lookers.prepareStep(key);
  if (!prepared.ok || prepared.diffDigest !== before.diffDigest) return true;
  const policy = await recorders.decidePolicy(key);
  return policy.argsHash !== policyBefore.argsHash;
}

async function act(
  run: Run,
  key: StepKey,
  gateId: string,
  policy: PolicyBrief,
  attempt: number,
): Promise<StepEnd> {
  await recorders.setPhase({ ...idsOf(run.input), phase: 'acting' });
  showAttributes({ phase: 'acting' });
  await record(key, 'acting', '', attempt);
  const done = await executeOnce(key, gateId);
  if (done.effect === 'refused') return end(key, 'refused', done.detail, attempt);
  if (done.effect === 'unknown')
    return { ...(await end(key, 'failed', done.detail, attempt)), unclear: true };
  await record(key, 'verifying', done.detail, attempt);
  await recorders.setPhase({ ...idsOf(run.input), phase: 'verifying' });
  showAttributes({ phase: 'verifying' });
  const verified = await verify(run, key, policy);
  return end(key, verified.well ? 'verified' : 'failed', verified.summary, attempt);
}

/**
 * Takes the step. When no answer came, the effect is looked for before anything else; only a step that is seen to have
 * had none is tried again, under a new grant.
 */
async function executeOnce(key: StepKey, gateId: string): Promise<ExecuteAnswer> {
  let last = 'no answer';
  for (let attempt = 1; attempt <= actCap; attempt += 1) {
    const grant = await recorders.issueGrant({ tenant: key.tenant, gateId });
    if (!grant.granted) return { effect: 'refused', detail: grant.refused };
    try {
      return await actors.executeStep({ ...key, grant: grant.grant, gateId });
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    const seen = await lookers.observeStep(key);
    if (seen.effect === 'there') return { effect: 'already-there', detail: seen.detail };
    if (seen.effect === 'unknown')
      return { effect: 'unknown', detail: `it is not known whether it was done: ${seen.detail}` };
  }
  return { effect: 'refused', detail: `it could not be done: ${last}` };
}

/** Looks again and again until all has been well for the soak time, or the time is up. */
async function verify(
  run: Run,
  key: StepKey,
  policy: PolicyBrief,
): Promise<{ well: boolean; summary: string }> {
  const { verifyTimeoutMs, verifyEveryMs, soakMs } = policy.durations;
  const actedAt = workflowNow();
  const startedMs = Date.now();
  let wellSinceMs: number | undefined;
  let worse = 0;
  let summary = 'nothing was seen';
  for (;;) {
    run.desk.evidenceIds = [];
    const look = await briefOf(run.desk, 'verify', workflowNow(), { planNo: key.planNo, actedAt });
    summary = look?.summary ?? 'it could not be looked at';
    worse = look?.state === 'worse' ? worse + 1 : 0;
    if (look?.state === 'well') wellSinceMs ??= Date.now();
    else wellSinceMs = undefined;
    if (wellSinceMs !== undefined && Date.now() - wellSinceMs >= soakMs) return { well: true, summary };
    if (worse >= worseLooks) return { well: false, summary };
    if (wellSinceMs === undefined && Date.now() - startedMs >= verifyTimeoutMs)
      return { well: false, summary };
    await sleep(verifyEveryMs, { summary: `Soak: ${look?.state ?? 'unknown'}` });
  }
}

/** Takes the given steps back, the last one first; true where all of them are as they were. */
async function undo(run: Run, stepNos: readonly number[]): Promise<boolean> {
  let all = true;
  for (const stepNo of stepNos.toReversed()) {
    const key: StepKey = { ...idsOf(run.input), planNo: run.input.planNo, stepNo };
    const done =
      (await recorders.prepareUndo(key)) && (await takeBack(run, { ...key, stepNo: undoStepNo(stepNo) }));
    if (done) await record(key, 'undone', 'taken back', 1);
    all &&= done;
  }
  return all;
}

/** Undoing is a step like any other: asked for and taken once. It is done when its effect is there. */
async function takeBack(run: Run, key: StepKey): Promise<boolean> {
  for (let attempt = 1; attempt <= askCap; attempt += 1) {
    const prepared = await lookers.prepareStep(key);
    if (!prepared.ok) {
      await end(key, 'refused', prepared.refused, attempt);
      return false;
    }
    const policy = await recorders.decidePolicy(key);
    if (policy.requirement === 'forbidden') {
      await end(key, 'refused', `policy ${policy.rule} forbids it`, attempt);
      return false;
    }
    const passed = await ask(run, key, prepared, attempt);
    if (passed.kind === 'ended') {
      await end(key, passed.status, passed.detail, attempt);
      return false;
    }
    if (passed.kind === 'edited' || (await movedSince(key, prepared, policy))) continue;
    await record(key, 'acting', '', attempt);
    const done = await executeOnce(key, passed.gateId);
    const ok = done.effect === 'applied' || done.effect === 'already-there';
    await end(key, ok ? 'verified' : 'failed', done.detail, attempt);
    return ok;
  }
  return false;
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
