import { argsHash } from '#domain/actions/args-hash.ts';
import { actionNamed } from '#domain/actions/catalogue.ts';
import { UnderstudyError } from '#domain/errors.ts';
import type { Gate } from '#domain/gate.ts';
import { derivedUuid } from '#domain/ids.ts';
import { formatObject } from '#domain/object-ref.ts';
import { type Plan, stepIdOf, undoneStepNo, undoStepNo } from '#domain/plan.ts';
import { evaluatePolicy, needsOf, type PolicyAnswer } from '#domain/policy/evaluate.ts';
import { placeOfObject, type ServiceCatalogue } from '#domain/service-catalogue.ts';
import { plusSeconds } from '#domain/time.ts';
import type { PreparedAction } from '#domain/tools/kubernetes-actions.ts';
import { editorsBefore, markEscalated, openGate, setGateStatus } from '#store/gates.ts';
import { appendLedger } from '#store/ledger.ts';
import { getPlan } from '#store/plans.ts';
import { currentPolicy } from '#store/policies.ts';
import { inTenant, type Tx } from '#store/pool.ts';
import { getStep, putStep, type StoredStep, setStep } from '#store/steps.ts';
import { writesStopped } from '#store/switches.ts';
import type { ActivityDeps } from './deps.ts';
import { describeChanges } from './describe-changes.ts';
import type { ServerClient } from './server-client.ts';
import type { GateBrief, PolicyBrief, RemediationActivities, StepKey, StepStatus } from './types.ts';

export type RemediationDeps = ActivityDeps & {
  readonly server: ServerClient;
  readonly serviceCatalogue: ServiceCatalogue;
  /** True where there is no process that could write. */
  readonly readOnly: boolean;
};

type PreparedStep = StoredStep & { readonly prepared: PreparedAction };

async function preparedStep(tx: Tx, key: StepKey): Promise<PreparedStep> {
  const step = await getStep(tx, key);
  if (step?.prepared === undefined)
    throw new UnderstudyError('not-found', `step ${key.stepNo} has not been prepared`);
  return { ...step, prepared: step.prepared };
}

async function policyFor(
  tx: Tx,
  deps: RemediationDeps,
  key: StepKey,
): Promise<{ answer: PolicyAnswer; environment: string; step: PreparedStep }> {
  const step = await preparedStep(tx, key);
  const { environment, mode } = placeOfObject(deps.serviceCatalogue, step.object);
  const answer = evaluatePolicy(await currentPolicy(tx), {
    ...{ environment, mode },
    riskClass: step.prepared.riskClass,
    writesStopped: await writesStopped(tx),
  });
  return { answer, environment, step };
}

function hashOfStep(step: PreparedStep, policyVersion: string): string {
  return argsHash({
    action: step.action,
    cluster: step.object.cluster,
    targetUid: step.prepared.targetUid,
    arguments: step.arguments,
    policyVersion,
    diffDigest: step.prepared.diffDigest,
  });
}

/** What a plan would do, in words. */
function wordsOf(plan: Plan | undefined): string {
  const steps = plan?.steps ?? [];
  return steps.map((step) => actionNamed(step.action).describe(step.arguments, step.object).en).join('; ');
}

function undoWords(step: PreparedStep): string {
  const { inverse } = step.prepared;
  if (inverse === undefined) return step.undo;
  return actionNamed(inverse.action).describe(inverse.arguments, step.object).en;
}

function gateBrief(gate: Gate): GateBrief {
  const { gateId, argsHash: hash, what, why, undo, riskClass, rule, needs, expiresAt, escalateAt } = gate;
  return {
    gateId,
    argsHash: hash,
    what,
    why,
    undo,
    riskClass,
    rule,
    needs,
    expiresAt,
    escalateAt,
    diff: describeChanges(gate.changes),
  };
}

type OpenGateInput = Parameters<RemediationActivities['openGate']>[0];

async function buildGate(tx: Tx, deps: RemediationDeps, input: OpenGateInput): Promise<Gate> {
  const { answer, environment, step } = await policyFor(tx, deps, input);
  const needs = needsOf(answer, await editorsBefore(tx, input));
  if (needs === undefined) throw new UnderstudyError('forbidden', `policy ${answer.rule} forbids the step`);
  const hash = hashOfStep(step, answer.policyVersion);
  const { targetUid, changes, diffDigest, riskClass, blastRadius } = step.prepared;
  return {
    gateId: derivedUuid(input.workflowId, input.runId, input.stepNo, input.attempt, hash),
    incidentId: input.incidentId,
    planNo: input.planNo,
    stepNo: input.stepNo,
    attempt: input.attempt,
    workflowId: input.workflowId,
    runId: input.runId,
    status: 'open',
    argsHash: hash,
    action: step.action,
    object: step.object,
    targetUid,
    arguments: step.arguments,
    changes,
    diffDigest,
    riskClass,
    environment,
    policyVersion: answer.policyVersion,
    rule: answer.rule,
    needs: { approvals: needs.approvals, roles: [...needs.roles], distinctFrom: [...needs.distinctFrom] },
    what: actionNamed(step.action).describe(step.arguments, step.object),
    why: step.why,
    undo: undoWords(step),
    blastRadius,
    openedAt: input.openedAt,
    escalateAt: plusSeconds(input.openedAt, answer.durations.escalateAfterMs / 1000),
    expiresAt: plusSeconds(input.openedAt, answer.durations.gateTtlMs / 1000),
  };
}

/** What the ledger says of a step's state; states that are only on the way say nothing. */
const ledgerKinds: Partial<
  Readonly<Record<StepStatus, 'intent' | 'verified' | 'undone' | 'failed' | 'refused'>>
> = {
  'awaiting-approval': 'intent',
  verified: 'verified',
  undone: 'undone',
  failed: 'failed',
  refused: 'refused',
};

export function createRemediationActivities(deps: RemediationDeps): RemediationActivities {
  const { store, now, server } = deps;
  return {
    planSteps: ({ tenant, incidentId, planNo }) =>
      inTenant(store, tenant, async (tx) => {
        const plan = await getPlan(tx, incidentId, planNo);
        for (const step of plan?.steps ?? []) {
          await putStep(tx, {
            incidentId,
            planNo,
            stepId: stepIdOf(incidentId, planNo, step.stepNo),
            ...step,
            at: now(),
          });
        }
        return {
          steps: plan?.steps ?? [],
          ...(deps.readOnly ? { proposedOnly: `read-only: proposed only (${wordsOf(plan)})` } : {}),
        };
      }),
    decidePolicy: (key) =>
      inTenant(store, key.tenant, async (tx): Promise<PolicyBrief> => {
        const { answer, environment, step } = await policyFor(tx, deps, key);
        const { requirement, rule, policyVersion, durations } = answer;
        return {
          requirement,
          rule,
          policyVersion,
          durations,
          environment,
          argsHash: hashOfStep(step, policyVersion),
        };
      }),
    openGate: (input) =>
      inTenant(store, input.tenant, async (tx) => {
        const gate = await buildGate(tx, deps, input);
        await openGate(tx, gate);
        return gateBrief(gate);
      }),
    judgeGate: ({ gateId }) => server.judgeGate(gateId),
    escalateGate: ({ tenant, gateId }) => inTenant(store, tenant, (tx) => markEscalated(tx, gateId, now())),
    closeGate: ({ tenant, gateId, status }) =>
      inTenant(store, tenant, async (tx) => {
        await setGateStatus(tx, gateId, status, now());
      }),
    applyEdits: ({ edits, ...key }) =>
      inTenant(store, key.tenant, async (tx) => {
        const step = await getStep(tx, key);
        if (step === undefined) throw new UnderstudyError('not-found', `there is no step ${key.stepNo}`);
        const edited = actionNamed(step.action).arguments.safeParse({ ...step.arguments, ...edits });
        // Arguments that do not fit the action change nothing; the same question is asked again.
        if (!edited.success) return;
        await setStep(tx, key, { arguments: edited.data as Record<string, unknown>, at: now() });
      }),
    issueGrant: ({ gateId }) => server.issueGrant(gateId),
    recordStep: ({ status, detail, attempt, ...key }) =>
      inTenant(store, key.tenant, async (tx) => {
        const at = now();
        await setStep(tx, key, { status, detail, at });
        const kind = ledgerKinds[status];
        if (kind === undefined) return;
        const { incidentId, planNo, stepNo } = key;
        const stepId = stepIdOf(incidentId, planNo, stepNo);
        await appendLedger(tx, { incidentId, planNo, stepNo, stepId, kind, attempt, at, data: { detail } });
      }),
    prepareUndo: (key) =>
      inTenant(store, key.tenant, async (tx) => {
        const step = await getStep(tx, key);
        const inverse = step?.prepared?.inverse;
        if (step === undefined || undoneStepNo(key.stepNo) !== undefined) return 'impossible';
        if (actionNamed(step.action).undo === 'controllerRecreates') return 'nothing-to-undo';
        if (inverse === undefined) return 'impossible';
        const { incidentId, planNo } = key;
        const stepNo = undoStepNo(key.stepNo);
        await putStep(tx, {
          incidentId,
          planNo,
          stepNo,
          stepId: stepIdOf(incidentId, planNo, stepNo),
          action: inverse.action,
          object: step.object,
          arguments: inverse.arguments,
          why: `it did not help: ${step.action} ${formatObject(step.object)} is taken back`,
          undo: `take the step again: ${step.action}`,
          at: now(),
        });
        return 'ready';
      }),
  };
}
