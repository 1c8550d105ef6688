import { activityInfo } from '@temporalio/activity';
import { UnderstudyError } from '#domain/errors.ts';
import { stepIdOf } from '#domain/plan.ts';
import type { ToolContract, ToolOutput } from '#domain/tools/define-tool.ts';
import {
  kubernetesExecuteAction,
  kubernetesObserveAction,
  kubernetesPrepareAction,
} from '#domain/tools/kubernetes-actions.ts';
import type { ToolClient } from '#mcp-tools/runtime/client.ts';
import { appendLedger } from '#store/ledger.ts';
import { inTenant } from '#store/pool.ts';
import { getStep, type StoredStep, setStep } from '#store/steps.ts';
import type { ActivityDeps } from './deps.ts';
import type { ActionActivities, PrepareAnswer, StepKey } from './types.ts';

/** The actions process: a tool client with the write servers, and nothing that signs. */
export type ActionDeps = ActivityDeps & { readonly tools: ToolClient };

const callTimeoutMs = 20_000;

async function callAction<Contract extends ToolContract>(
  deps: ActionDeps,
  contract: Contract,
  args: Record<string, unknown>,
): Promise<ToolOutput<Contract>> {
  const { server, name } = contract;
  const call = { server, tool: name, arguments: args, why: name };
  const { output } = await deps.tools.call(call, { timeoutMs: callTimeoutMs });
  return contract.output.parse(output) as ToolOutput<Contract>;
}

async function stepOf(deps: ActionDeps, key: StepKey): Promise<StoredStep> {
  const step = await inTenant(deps.store, key.tenant, (tx) => getStep(tx, key));
  if (step === undefined)
    throw new UnderstudyError('not-found', `there is no step ${key.stepNo} of plan ${key.planNo}`);
  return step;
}

function actionCall(step: StoredStep): Record<string, unknown> {
  return { action: step.action, object: step.object, arguments: step.arguments };
}

/** With the pauses between them about two minutes: then it is no hiccup. */
const triesToLook = 15;

export function createActionActivities(deps: ActionDeps): ActionActivities {
  const { store, now } = deps;
  const ledger = (
    key: StepKey & { readonly attempt: number },
    kind: 'dry-run' | 'started' | 'effect-observed' | 'effect-absent',
    data: object,
  ): Promise<unknown> => {
    const { tenant, incidentId, planNo, stepNo, attempt } = key;
    const stepId = stepIdOf(incidentId, planNo, stepNo);
    return inTenant(store, tenant, (tx) =>
      appendLedger(tx, { incidentId, planNo, stepNo, stepId, kind, attempt, at: now(), data: { ...data } }),
    );
  };
  return {
    async prepareStep(key): Promise<PrepareAnswer> {
      const step = await stepOf(deps, key);
      const answer = await callAction(deps, kubernetesPrepareAction, actionCall(step));
      if (!answer.ok) return answer;
      const failed = answer.prepared.checks.filter((check) => !check.ok);
      const no = failed.find((check) => check.couldNotLook !== true) ?? failed[0];
      if (no !== undefined) {
        // A hiccup of the API server is no change of the object: nothing that people were asked is dropped for it.
        if (no.couldNotLook === true && activityInfo().attempt < triesToLook)
          throw new UnderstudyError('unavailable', `${no.name}: ${no.detail}`);
        return { ok: false, refused: `${no.name}: ${no.detail}` };
      }
      const { prepared } = answer;
      await inTenant(store, key.tenant, (tx) => setStep(tx, key, { prepared, at: now() }));
      const { targetUid, diffDigest, riskClass, inverse } = prepared;
      await ledger(key, 'dry-run', { targetUid, diffDigest, riskClass });
      return { ok: true, targetUid, diffDigest, riskClass, undoable: inverse !== undefined };
    },
    async executeStep(key) {
      const step = await stepOf(deps, key);
      // On record before the effect: whoever comes after a crash looks first.
      await ledger(key, 'started', { gateId: key.gateId });
      const answer = await callAction(deps, kubernetesExecuteAction, {
        ...actionCall(step),
        stepId: step.stepId,
        grant: key.grant,
      });
      if (answer.effect !== 'refused')
        await ledger(key, 'effect-observed', { effect: answer.effect, detail: answer.detail });
      return { effect: answer.effect, detail: answer.detail };
    },
    async observeStep(key) {
      const step = await stepOf(deps, key);
      if (step.prepared === undefined) return { effect: 'absent', detail: 'it was never prepared' };
      const { targetUid, changes } = step.prepared;
      const seen = await callAction(deps, kubernetesObserveAction, {
        ...actionCall(step),
        stepId: step.stepId,
        targetUid,
        changes,
      });
      if (seen.effect !== 'unknown')
        await ledger(key, seen.effect === 'there' ? 'effect-observed' : 'effect-absent', {
          detail: seen.detail,
        });
      return seen;
    },
  };
}
