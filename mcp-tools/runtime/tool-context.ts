import type { Instant } from '#domain/time.ts';

/** What a handler is told besides its input. */
export type ToolContext = {
  /** Aborted when the caller gives up or runs out of time: stop asking the back end. */
  readonly signal: AbortSignal;
  /** The moment that the answer should speak of; absent: now. */
  readonly asOf?: Instant;
};

/** Where `asOf` travels in a request's `_meta`. */
export const asOfMetaKey = 'understudy.dev/as-of';
