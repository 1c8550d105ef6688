import type { CauseArea, CauseCode, causeAreas } from './codes.ts';

/**
 * Verbs that a fix may name: the actions that can be taken today and those that the catalogue of actions will still
 * get. An entry without any needs a person's hand (a database's own tools, a provider's console, new code).
 */
export const fixVerbs = [
  'rollout-undo',
  'rollout-restart',
  'scale',
  'patch',
  'set-image',
  'set-resources',
  'delete-pod',
  'cordon',
  'uncordon',
  'drain',
  'label',
  'create',
  'apply',
  'restart-unit',
] as const;
export type FixVerb = (typeof fixVerbs)[number];

/** What an engineer knows of one cause. */
export type CauseFacts = {
  readonly title: { readonly en: string; readonly zh: string };
  /** Kinds of the object that carries the fix, the usual one first. */
  readonly kinds: readonly string[];
  /** What one would see if it is this. */
  readonly proves: readonly string[];
  /** What one would see if it is not this, although it looks like it. */
  readonly excludes: readonly string[];
  /** What usually mends it, the smallest step first. */
  readonly fixes: readonly FixVerb[];
};

export type Cause = CauseFacts & { readonly code: CauseCode; readonly area: CauseArea };

type NamesIn<Area extends CauseArea> = (typeof causeAreas)[Area][number];

/** The entries of an area, in the order in which they are written; the compiler sees to it that none is missing or new. */
export function defineCauses<Area extends CauseArea>(
  area: Area,
  facts: Readonly<Record<NamesIn<Area>, CauseFacts>>,
): readonly Cause[] {
  return Object.entries<CauseFacts>(facts).map(([name, fact]) => ({
    code: `${area}.${name}` as CauseCode,
    area,
    ...fact,
  }));
}

/** Workloads whose pods a Service stands before. */
export const workloadKinds = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;
/** Everything that makes pods. */
export const podMakerKinds = [...workloadKinds, 'Job', 'CronJob', 'Pod'] as const;
