import type { CauseCode } from '#domain/causes/codes.ts';
import type { Quote } from '#domain/diagnosis.ts';
import type { ObjectRef } from '#domain/object-ref.ts';
import type { Instant } from '#domain/time.ts';
import type { Facet } from '../analysis/kubernetes/revisions.ts';
import type { Snapshot } from '../analysis/kubernetes/snapshot.ts';

/** A step that would mend a finding in place, with concrete arguments for the action catalogue. */
export type HintedStep = {
  readonly action: string;
  readonly object: ObjectRef;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly why: string;
  readonly undo: string;
};

export type FixHint = {
  /** Parts of the pod template in which the fault sits: a rollout that changed one of them can be gone back on. */
  readonly facets?: readonly Facet[];
  /** What mends it where no rollout brought it. */
  readonly steps?: readonly HintedStep[];
};

/** Something that is wrong with an object, or looks as if it could be. */
export type Finding = {
  /** What must be changed to mend it. */
  readonly object: ObjectRef;
  readonly code: CauseCode;
  /** `error`: it does not work; `warning`: it works in part, or will not for long; `info`: seen, and explains nothing now. */
  readonly severity: 'error' | 'warning' | 'info';
  readonly message: string;
  /** At least one, each literally in the evidence. */
  readonly evidence: readonly Quote[];
  /** 0..1: how surely the evidence proves this very cause, if it is a fault at all. */
  readonly certainty: number;
  /** True for what follows from a deeper fault (no ready endpoints, a stuck rollout): told only where no root is found. */
  readonly consequence: boolean;
  /** Since when it has been so, as far as can be told. */
  readonly since?: Instant;
  /** Objects between the cause and whoever suffers, the nearest first. */
  readonly through?: readonly ObjectRef[];
  readonly fixHint?: FixHint;
};

/** What one looks for on one kind of object. Pure: the same snapshot gives the same findings. */
export type Analyzer = {
  readonly name: string;
  readonly kind: string;
  readonly analyze: (snapshot: Snapshot) => readonly Finding[];
};

export function defineAnalyzer(analyzer: Analyzer): Analyzer {
  return analyzer;
}
