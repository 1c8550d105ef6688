import type { z } from 'zod';
import { errorCodeOf, messageOf, UnderstudyError } from '#domain/errors.ts';
import { fromMs } from '#domain/time.ts';
import type { ToolOutput } from '#domain/tools/define-tool.ts';
import type { kubernetesExecuteAction } from '#domain/tools/kubernetes-actions.ts';
import { isOutage, statusOf } from '../kubernetes/api-failure.ts';
import type { Clusters } from '../kubernetes/clusters.ts';
import type { ToolContext } from '../runtime/tool-context.ts';
import { bearsMark, deletions, isLeaving } from './effect.ts';
import { mismatch, readGrant } from './grant.ts';
import { type PlannedStep, planStep } from './situation.ts';
import { readTarget } from './targets.ts';
import { requestOf } from './write-request.ts';

type Input = z.output<typeof kubernetesExecuteAction.input>;
type Outcome = ToolOutput<typeof kubernetesExecuteAction>;

export type ExecuteDeps = {
  readonly clusters: Clusters;
  /** PEM file with the public half of the server's grant key. */
  readonly grantPublicKeyFile: string;
  /** Uses a grant up: true once. A rejection counts as no. */
  readonly burnGrant: (jti: string) => Promise<boolean>;
  /** The kill switch. A rejection counts as stopped. */
  readonly writesStopped: () => Promise<boolean>;
};

/** Once a grant is burnt the write is seen through, whatever the caller does meanwhile. */
const writeTimeoutMs = 15_000;

function refuse(detail: string): Outcome {
  return { effect: 'refused', detail };
}

function now(): string {
  return fromMs(Date.now());
}

/** The outcome where the effect is there already, by whatever means; undefined where it has yet to be had. */
async function earlierEffect(
  deps: ExecuteDeps,
  input: Input,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  if (!deps.clusters.names.includes(input.object.cluster)) return undefined;
  const { api } = deps.clusters.named(input.object.cluster);
  const live = await readTarget(api, input.object, signal);
  if (live !== undefined && bearsMark(live, input.stepId)) {
    return { effect: 'already-there', detail: "the object bears the step's mark" };
  }
  if (!deletions.includes(input.action)) return undefined;
  if (live === undefined) return { effect: 'already-there', detail: 'it is gone' };
  return isLeaving(live) ? { effect: 'already-there', detail: 'it is being deleted' } : undefined;
}

/** Says no, or uses the grant up. Whatever cannot be asked counts as no. */
async function useUp(deps: ExecuteDeps, jti: string): Promise<string | undefined> {
  try {
    if (await deps.writesStopped()) return 'all writes are stopped';
  } catch (error) {
    return `whether writes are stopped could not be asked: ${messageOf(error)}`;
  }
  try {
    return (await deps.burnGrant(jti)) ? undefined : 'grant: it was used already or is no longer good';
  } catch (error) {
    return `the grant could not be used up: ${messageOf(error)}`;
  }
}

/**
 * What became of a write that the API server did not confirm: looks at the object before anything else is said. Undefined
 * where the API server said no and nothing was changed. Throws where it cannot be known: whoever called must observe.
 */
async function afterFailure(deps: ExecuteDeps, input: Input, error: unknown): Promise<Outcome | undefined> {
  const found = await earlierEffect(deps, input, AbortSignal.timeout(writeTimeoutMs));
  if (found !== undefined) {
    // The answer was lost on the way, not the write.
    return isOutage(error) ? { effect: 'applied', detail: found.detail, at: now() } : found;
  }
  if (statusOf(error) === undefined || isOutage(error)) throw error;
  return undefined;
}

const maxTries = 3;

/**
 * Another try after the API server's no, where somebody wrote the object at the same moment and left the guarded fields
 * as they were approved; otherwise why there is none.
 */
async function nextTry(
  deps: ExecuteDeps,
  input: Input,
  error: unknown,
  isStillGranted: (step: PlannedStep) => boolean,
): Promise<PlannedStep | Outcome> {
  const said = refuse(`the API server did not take it, nothing was changed: ${messageOf(error)}`);
  if (statusOf(error) !== 409 && statusOf(error) !== 422) return said;
  const again = await planStep(deps.clusters, input, AbortSignal.timeout(writeTimeoutMs));
  if ('refused' in again) return refuse(again.refused);
  return isStillGranted(again) ? again : refuse('the object was changed meanwhile; prepare the step again');
}

async function write(
  deps: ExecuteDeps,
  input: Input,
  planned: PlannedStep,
  isStillGranted: (step: PlannedStep) => boolean,
): Promise<Outcome> {
  let step = planned;
  for (let tries = 1; ; tries += 1) {
    const options = { stepId: input.stepId, dryRun: false, signal: AbortSignal.timeout(writeTimeoutMs) };
    try {
      await step.cluster.api.json(requestOf(input.object, step.situation.live, step.write, options));
      return { effect: 'applied', detail: 'the API server took it', at: now() };
    } catch (error) {
      const settled = await afterFailure(deps, input, error);
      if (settled !== undefined) return settled;
      const next = await nextTry(deps, input, error, isStillGranted);
      if ('effect' in next) return next;
      const unchanged =
        next.situation.live.metadata.resourceVersion === step.situation.live.metadata.resourceVersion;
      if (unchanged || tries === maxTries) {
        return refuse(`the API server did not take it, nothing was changed: ${messageOf(error)}`);
      }
      step = next;
    }
  }
}

/**
 * Answers `kubernetes_execute_action`: takes an approved step once. Looks first whether its effect is there; then checks the
 * grant against the step as it is now, asks the kill switch, uses the grant up, and only then writes.
 */
export async function executeAction(
  deps: ExecuteDeps,
  input: Input,
  { signal }: ToolContext,
): Promise<Outcome> {
  const earlier = await earlierEffect(deps, input, signal);
  if (earlier !== undefined) return earlier;
  try {
    const claims = await readGrant(input.grant, deps.grantPublicKeyFile, input);
    const step = await planStep(deps.clusters, input, signal);
    if ('refused' in step) return refuse(step.refused);
    const differs = mismatch(claims, input, step);
    if (differs !== undefined) return refuse(differs);
    signal.throwIfAborted();
    const no = await useUp(deps, claims.jti);
    if (no !== undefined) return refuse(no);
    return await write(deps, input, step, (again) => mismatch(claims, input, again) === undefined);
  } catch (error) {
    if (error instanceof UnderstudyError && errorCodeOf(error) === 'grant-refused')
      return refuse(messageOf(error));
    throw error;
  }
}
