import { z } from 'zod';
import { fieldChangeSchema } from '../gate.ts';
import { objectRefSchema } from '../object-ref.ts';
import { riskClassSchema } from '../risk.ts';
import { instantSchema } from '../time.ts';
import { defineTool } from './define-tool.ts';
import { kubernetesObjectSchema } from './kubernetes-object.ts';

const actionCallSchema = {
  /** A name of the action catalogue. */
  action: z.string().min(1),
  object: objectRefSchema,
  arguments: z.record(z.string(), z.unknown()),
};

const prepared = z.object({
  targetUid: z.string(),
  /** Fields that will change; empty for a deletion. */
  changes: z.array(fieldChangeSchema),
  diffDigest: z.string(),
  riskClass: riskClassSchema,
  blastRadius: z.object({ objects: z.int(), replicas: z.int(), namespaces: z.int() }),
  checks: z.array(
    z.object({
      name: z.string(),
      ok: z.boolean(),
      detail: z.string(),
      /** It could not be made now, which says nothing of the step. */
      couldNotLook: z.literal(true).optional(),
    }),
  ),
  /** The object as it is, for undo and for the record. */
  snapshot: kubernetesObjectSchema,
  /** The call that takes it back, where there is one. */
  inverse: z.object({ action: z.string(), arguments: z.record(z.string(), z.unknown()) }).optional(),
});

/** `refused` says why a step cannot be taken; nothing was changed. */
export const kubernetesPrepareAction = defineTool({
  server: 'kubernetes-actions',
  name: 'kubernetes_prepare_action',
  title: 'Prepare an action',
  description:
    'Pre-checks, server-side dry run and snapshot of one action of the catalogue. Changes nothing. The answer holds the hash material that an approval binds to.',
  input: z.object(actionCallSchema),
  output: z.union([
    z.object({ ok: z.literal(true), prepared }),
    z.object({ ok: z.literal(false), refused: z.string() }),
  ]),
  effect: 'read',
});
export type PreparedAction = z.infer<typeof prepared>;

export const kubernetesExecuteAction = defineTool({
  server: 'kubernetes-actions',
  name: 'kubernetes_execute_action',
  title: 'Execute an action',
  description:
    'Takes one approved step, once. Needs a grant that the server signed for exactly this step; the grant is burnt. Sent again with the same step id it finds the effect instead of repeating it.',
  input: z.object({
    ...actionCallSchema,
    /** Idempotency key. */
    stepId: z.string().min(1),
    grant: z.string().min(1),
  }),
  output: z.object({
    effect: z.enum(['applied', 'already-there', 'refused']),
    detail: z.string(),
    at: instantSchema.optional(),
  }),
  effect: 'write',
});

export const kubernetesObserveAction = defineTool({
  server: 'kubernetes-actions',
  name: 'kubernetes_observe_action',
  title: 'Observe the effect of an action',
  description: 'Looks whether a step has had its effect, after a crash or a lost answer. Changes nothing.',
  input: z.object({
    ...actionCallSchema,
    stepId: z.string().min(1),
    targetUid: z.string(),
    changes: z.array(fieldChangeSchema),
  }),
  output: z.object({ effect: z.enum(['there', 'absent', 'unknown']), detail: z.string() }),
  effect: 'read',
});

/** The annotation that a step leaves on what it changed: the mark by which a repeat is known. */
export const stepAnnotation = 'understudy.dev/step';
