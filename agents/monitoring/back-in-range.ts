import { unitsPerSecond } from '../analysis/signal-kinds.ts';
import type { Reading } from '../analysis/signals.ts';

/** So much longer an answer may take than in quiet times before its users change their ways (Brutlag, "Speed Matters", 2009). */
const unfeltSeconds = 0.2;
/** Part of a slowness that may be left where it was much: what remains is most likely not what was mended. */
const leftPart = 0.1;
const mostLeftSeconds = 0.5;

/**
 * True where a signal is as it was before the trouble, as far as it matters. Answers take longer and shorter with whatever
 * else the machines have to do: a step that took a slowness away is not taken back because a little of it came up since.
 * Failures get no such allowance.
 */
export function isBackInRange(reading: Reading): boolean {
  const { info, moved, score, before, now, worst } = reading;
  if (!moved || score <= 0) return true;
  const second = unitsPerSecond(info);
  if (info.signal !== 'latency' || second === undefined || before === undefined || now === undefined)
    return false;
  const excursion = ((worst ?? now) - before) / second;
  const allowed = Math.min(Math.max(unfeltSeconds, excursion * leftPart), mostLeftSeconds);
  return (now - before) / second <= allowed;
}
