import type { Logger } from 'pino';
import { messageOf } from '#domain/errors.ts';

export type Refusal = {
  readonly traceId: string;
  readonly route: string;
  readonly status: number;
  readonly code: string;
  readonly error: unknown;
};

export type RefusalLog = (refusal: Refusal) => void;

/** An error with what caused it, in one line. */
function reasonsOf(error: unknown): string {
  const { cause } = error instanceof Error ? error : {};
  return cause === undefined ? messageOf(error) : `${messageOf(error)}: ${reasonsOf(cause)}`;
}

/**
 * Tells an operator of requests that were turned away: the first of a kind at once, those after it as a number, so that no
 * sender can fill the log.
 */
export function createRefusalLog(options: {
  readonly log: Logger;
  readonly nowMs: () => number;
  /** Between two lines of one kind. */
  readonly everyMs: number;
}): RefusalLog {
  const { log, nowMs, everyMs } = options;
  const kinds = new Map<string, { nextMs: number; untold: number }>();
  return ({ error, ...about }) => {
    const key = `${about.route} ${about.status} ${about.code}`;
    const kind = kinds.get(key) ?? { nextMs: 0, untold: 0 };
    kinds.set(key, kind);
    if (nowMs() < kind.nextMs) {
      kind.untold += 1;
      return;
    }
    log.warn({ ...about, reason: reasonsOf(error), alsoRefused: kind.untold }, 'a request was turned away');
    kind.nextMs = nowMs() + everyMs;
    kind.untold = 0;
  };
}
