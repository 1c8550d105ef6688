export type AdaptiveLimitOptions = {
  readonly least: number;
  readonly most: number;
  /** Calls slower than this say that there are too many of them. */
  readonly slowMs: number;
};

/** How many calls may run at once: one more after each good round, half after a slow or failed one (AIMD, as in TCP). */
export type AdaptiveLimit = {
  readonly current: () => number;
  readonly afterRound: (round: { readonly slowestMs: number; readonly failed: boolean }) => void;
};

export function createAdaptiveLimit(options: AdaptiveLimitOptions): AdaptiveLimit {
  const { least, most, slowMs } = options;
  let limit = Math.min(most, Math.max(least, 4));
  return {
    current: () => limit,
    afterRound: ({ slowestMs, failed }) => {
      const bad = failed || slowestMs > slowMs;
      limit = bad ? Math.max(least, Math.floor(limit / 2)) : Math.min(most, limit + 1);
    },
  };
}
