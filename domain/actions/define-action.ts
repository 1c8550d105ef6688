import type { z } from 'zod';
import type { ObjectRef } from '../object-ref.ts';
import type { RiskClass } from '../risk.ts';
import type { Revision } from '../tools/kubernetes.ts';
import type { KubernetesObject } from '../tools/kubernetes-object.ts';
import type { FieldChange } from './json-patch.ts';

/** The world as an action's compiler sees it: the target as it is now and, for workloads, its revisions. */
export type ActionSituation = {
  readonly live: KubernetesObject;
  readonly revisions: readonly Revision[];
};

/** What will be sent to the API server, worked out from the situation; pure, so that dry run and act agree. */
export type ActionWrite =
  | { readonly verb: 'patch'; readonly changes: readonly FieldChange[] }
  | { readonly verb: 'delete'; readonly gracePeriodSeconds?: number };

/** A call of an action that takes another one back. */
export type InverseCall = { readonly action: string; readonly arguments: Readonly<Record<string, unknown>> };

/** Why an action cannot be taken, in words for the person who would have to approve it. */
export type Refusal = { readonly refused: string };

export type BlastRadius = {
  readonly objects: number;
  /** Pods that will be replaced or lost. */
  readonly replicas: number;
  readonly namespaces: number;
};

export type ActionDefinition<Arguments = unknown> = {
  readonly name: string;
  readonly title: { readonly en: string; readonly zh: string };
  /** Kinds of object it may be taken on. */
  readonly kinds: readonly string[];
  readonly arguments: z.ZodType<Arguments>;
  /** May rise with arguments and situation, never fall below `baseRisk`. */
  readonly baseRisk: RiskClass;
  readonly risk: (args: Arguments, situation?: ActionSituation) => RiskClass;
  /** `inverse`: taken back by another action; `controllerRecreates`: its owner brings it back; `none`: not at all. */
  readonly undo: 'inverse' | 'controllerRecreates' | 'none';
  readonly compile: (args: Arguments, situation: ActionSituation) => ActionWrite | Refusal;
  readonly inverse: (
    args: Arguments,
    changes: readonly FieldChange[],
    situation: ActionSituation,
  ) => InverseCall | undefined;
  readonly blastRadius: (args: Arguments, situation: ActionSituation) => BlastRadius;
  /** What it does, in a sentence for the one who decides. */
  readonly describe: (args: Arguments, object: ObjectRef) => { readonly en: string; readonly zh: string };
};

export function defineAction<Arguments>(definition: ActionDefinition<Arguments>): ActionDefinition {
  const parse = (args: unknown): Arguments => definition.arguments.parse(args);
  return {
    ...definition,
    arguments: definition.arguments as z.ZodType<unknown>,
    risk: (args, situation) => definition.risk(parse(args), situation),
    compile: (args, situation) => definition.compile(parse(args), situation),
    inverse: (args, changes, situation) => definition.inverse(parse(args), changes, situation),
    blastRadius: (args, situation) => definition.blastRadius(parse(args), situation),
    describe: (args, object) => definition.describe(parse(args), object),
  };
}
