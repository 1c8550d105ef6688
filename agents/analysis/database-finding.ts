import type { CauseCode } from '#domain/causes/codes.ts';
import type { Reading } from './signals.ts';

/** One thing that speaks for a cause at a database, a cache or a queue. */
export type Finding = {
  readonly code: CauseCode;
  /** How much it proves, 0..1; findings of one cause add up as chances that are not all wrong. */
  readonly weight: number;
  readonly reading?: Reading;
  /** What was said: literally. */
  readonly said?: string;
  readonly why: string;
};

export type Told = { readonly text: string };
