import type { ToolOutput } from '#domain/tools/define-tool.ts';
import type { kubernetesPrepareAction } from '#domain/tools/kubernetes-actions.ts';
import type { Clusters } from '../kubernetes/clusters.ts';
import { viewOf } from '../kubernetes/object-view.ts';
import type { ToolContext } from '../runtime/tool-context.ts';
import { type Check, runChecks } from './checks.ts';
import { type ActionCall, type PlannedStep, planStep } from './situation.ts';
import { readTarget } from './targets.ts';

type Output = ToolOutput<typeof kubernetesPrepareAction>;

/** True where the dry run failed because somebody wrote the object meanwhile, so that another look may fare better. */
async function wasOvertaken(
  step: PlannedStep,
  checks: readonly Check[],
  call: ActionCall,
  signal: AbortSignal,
) {
  if (checks.every((check) => check.ok || check.name !== 'dry-run')) return false;
  const now = await readTarget(step.cluster.api, call.object, signal);
  return now?.metadata.resourceVersion !== step.situation.live.metadata.resourceVersion;
}

const maxLooks = 3;

async function planAndCheck(clusters: Clusters, call: ActionCall, signal: AbortSignal) {
  for (let looks = 1; ; looks += 1) {
    const step = await planStep(clusters, call, signal);
    if ('refused' in step) return step;
    const checks = await runChecks(step, call.object, signal);
    if (looks === maxLooks || !(await wasOvertaken(step, checks, call, signal))) return { step, checks };
  }
}

/** Answers `kubernetes_prepare_action`: works the step out, checks it and sends its dry run. Changes nothing. */
export async function prepareAction(
  clusters: Clusters,
  call: ActionCall,
  { signal }: ToolContext,
): Promise<Output> {
  const planned = await planAndCheck(clusters, call, signal);
  if ('refused' in planned) return { ok: false, refused: planned.refused };
  const { step, checks } = planned;
  const { definition, situation, inverse } = step;
  const { live } = situation;
  return {
    ok: true,
    prepared: {
      targetUid: step.targetUid,
      changes: [...step.shown],
      diffDigest: step.diffDigest,
      riskClass: step.riskClass,
      blastRadius: definition.blastRadius(call.arguments, situation),
      checks,
      snapshot: viewOf(live, { apiVersion: live.apiVersion ?? '', kind: live.kind }),
      ...(inverse === undefined
        ? {}
        : { inverse: { action: inverse.action, arguments: { ...inverse.arguments } } }),
    },
  };
}

/** What a model reads of it: what would change, how risky it is, and which checks passed. */
export function digestPrepared(output: Output): string {
  if (!output.ok) return `refused: ${output.refused}`;
  const { prepared } = output;
  return [
    `risk: ${prepared.riskClass}; undo: ${prepared.inverse?.action ?? 'none by a step of its own'}`,
    ...prepared.checks.map((check) => `${check.ok ? 'passed' : 'NOT PASSED'} ${check.name}: ${check.detail}`),
    ...prepared.changes.map(
      ({ path, before, after }) =>
        `${path}: ${JSON.stringify(before) ?? 'absent'} -> ${JSON.stringify(after) ?? 'absent'}`,
    ),
  ].join('\n');
}
