import type { CauseCode } from '#domain/causes/codes.ts';
import type { Quote } from '#domain/diagnosis.ts';
import type { ObjectRef } from '#domain/object-ref.ts';
import type { Instant } from '#domain/time.ts';
import type { Rollout } from '../analysis/change-attribution.ts';
import type { FixHint } from '../analyzers/define-analyzer.ts';

/** A possible cause before it is weighed against the others. */
export type Candidate = {
  readonly object: ObjectRef;
  readonly code: CauseCode;
  readonly service: string | undefined;
  /** Sentences that say what was seen. */
  readonly reasons: readonly string[];
  readonly evidence: readonly Quote[];
  /** How surely the evidence proves this cause, if it has to do with the trouble at all. */
  readonly certainty: number;
  readonly severity: 'error' | 'warning' | 'info';
  readonly since: Instant | undefined;
  readonly through: readonly ObjectRef[];
  /** Follows from something deeper. */
  readonly consequence: boolean;
  /** It was seen on an object, not concluded from signals. */
  readonly seenOnObject: boolean;
  readonly fixHint: FixHint;
  /** The rollout that brought it, as far as that can be told. */
  readonly rollout: Rollout | undefined;
  readonly change: string | undefined;
};

/** A candidate with its weight and why it has it. */
export type Weighed = Candidate & {
  readonly confidence: number;
  readonly doubts: readonly string[];
  /** What speaks against it. */
  readonly against: readonly Quote[];
};
