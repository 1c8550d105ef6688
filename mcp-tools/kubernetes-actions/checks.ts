import { z } from 'zod';
import { errorCodeOf, messageOf } from '#domain/errors.ts';
import type { ObjectRef } from '#domain/object-ref.ts';
import type { PreparedAction } from '#domain/tools/kubernetes-actions.ts';
import type { ApiResource } from '../kubernetes/discovery.ts';
import { listWhole } from '../kubernetes/list-kind.ts';
import { revertingOwner } from './owners.ts';
import type { PlannedStep } from './situation.ts';
import { targetResource } from './targets.ts';
import { requestOf } from './write-request.ts';

export type Check = PreparedAction['checks'][number];

type Verdict = { readonly ok: boolean; readonly detail: string };
type CheckRun = (step: PlannedStep, object: ObjectRef, signal: AbortSignal) => Promise<Verdict>;

const passed = (detail: string): Verdict => ({ ok: true, detail });
const notPassed = (detail: string): Verdict => ({ ok: false, detail });

/** Steps that leave nothing which somebody could take back: they only replace pods. */
const leavesNoChange: readonly string[] = ['rollout-restart', 'delete-pod'];

async function nobodyReverts(step: PlannedStep): Promise<Verdict> {
  if (leavesNoChange.includes(step.definition.name)) return passed('it only replaces pods');
  const owner = revertingOwner(step.situation.live);
  return owner === undefined ? passed('nobody else keeps it as they want it') : notPassed(owner);
}

const hpaResource: ApiResource = {
  group: 'autoscaling',
  version: 'v2',
  plural: 'horizontalpodautoscalers',
  kind: 'HorizontalPodAutoscaler',
  namespaced: true,
  aliases: [],
  verbs: ['list'],
};

const hpaSchema = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({ scaleTargetRef: z.looseObject({ kind: z.string(), name: z.string() }) }),
});

const maxAutoscalers = 5_000;

async function noAutoscaler(step: PlannedStep, object: ObjectRef, signal: AbortSignal): Promise<Verdict> {
  if (!step.changes.some((change) => change.path === '/spec/replicas'))
    return passed('the number of replicas stays');
  const { api } = step.cluster;
  const { items } = await listWhole(
    api,
    hpaResource,
    { namespace: object.namespace, signal },
    maxAutoscalers,
  );
  const autoscaler = items
    .flatMap((item) => hpaSchema.safeParse(item).data ?? [])
    .find(({ spec }) => spec.scaleTargetRef.kind === object.kind && spec.scaleTargetRef.name === object.name);
  return autoscaler === undefined
    ? passed('no autoscaler sets the replicas')
    : notPassed(
        `HorizontalPodAutoscaler ${autoscaler.metadata.name} sets the replicas; change its bounds instead`,
      );
}

const reviewSchema = z.looseObject({ status: z.looseObject({ allowed: z.boolean() }) });

/** Asks the API server whether this account may do it (SelfSubjectAccessReview). */
async function accountMay(step: PlannedStep, object: ObjectRef, signal: AbortSignal): Promise<Verdict> {
  const { group, plural } = targetResource(object);
  const { namespace, name } = object;
  const { verb } = step.write;
  const answer = await step.cluster.api.json({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { group, resource: plural, verb, namespace, name } },
    },
    signal,
  });
  const review = reviewSchema.safeParse(answer);
  if (review.data?.status.allowed === true) return passed(`the account may ${verb} ${plural}`);
  return notPassed(
    `the account may not ${verb} ${plural}${namespace === undefined ? '' : ` in namespace ${namespace}`}`,
  );
}

/** Sends the very write with `dryRun=All`: admission, validation and quotas all have their say. */
async function dryRun(step: PlannedStep, object: ObjectRef, signal: AbortSignal): Promise<Verdict> {
  const { live } = step.situation;
  await step.cluster.api.json(
    requestOf(object, live, step.write, { stepId: 'dry-run', dryRun: true, signal }),
  );
  return passed('the API server would take it');
}

const checks: readonly { readonly name: string; readonly run: CheckRun }[] = [
  { name: 'owner', run: nobodyReverts },
  { name: 'autoscaler', run: noAutoscaler },
  { name: 'access', run: accountMay },
  { name: 'dry-run', run: dryRun },
];

/** Every pre-check of a step. One that cannot be made counts as failed, and says that it could not be made. */
export async function runChecks(step: PlannedStep, object: ObjectRef, signal: AbortSignal): Promise<Check[]> {
  return Promise.all(
    checks.map(async ({ name, run }) => {
      try {
        return { name, ...(await run(step, object, signal)) };
      } catch (error) {
        const code = errorCodeOf(error);
        if (code === 'internal') throw error;
        const couldNotLook = code === 'unavailable' || code === 'timeout';
        return { name, ...notPassed(messageOf(error)), ...(couldNotLook ? { couldNotLook } : {}) };
      }
    }),
  );
}
