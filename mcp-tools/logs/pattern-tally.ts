import type { LogLine } from '#domain/tools/logs.ts';
import { levelRank } from './level.ts';
import { ownCopy } from './own-copy.ts';

/** What is counted of the lines of one template. */
export type Tally = {
  /** A line as it is in the log; of the window that is looked at, once there is one. */
  sample: string;
  /** The line of the sample's stack trace that names the deepest exception. */
  exception: string | undefined;
  /** The gravest one of the window. */
  level: string | undefined;
  count: number;
  baselineCount: number;
  firstAt: string | undefined;
  lastAt: string | undefined;
};

export function beginTally(): Tally {
  return {
    sample: '',
    exception: undefined,
    level: undefined,
    count: 0,
    baselineCount: 0,
    firstAt: undefined,
    lastAt: undefined,
  };
}

function noteLevel(tally: Tally, level: string | undefined): void {
  if (levelRank(level) > levelRank(tally.level)) tally.level = level;
}

function noteTime(tally: Tally, firstAt: string | undefined, lastAt: string | undefined): void {
  if (firstAt !== undefined && (tally.firstAt === undefined || firstAt < tally.firstAt))
    tally.firstAt = firstAt;
  if (lastAt !== undefined && (tally.lastAt === undefined || lastAt > tally.lastAt)) tally.lastAt = lastAt;
}

export function countInWindow(
  tally: Tally,
  line: LogLine,
  level: string | undefined,
  exception: string | undefined,
): void {
  if (tally.count === 0) {
    tally.sample = ownCopy(line.message);
    tally.exception = exception === undefined ? undefined : ownCopy(exception);
  }
  tally.count += 1;
  noteLevel(tally, level);
  noteTime(tally, line.at, line.at);
}

export function countInBaseline(tally: Tally, line: LogLine): void {
  if (tally.sample === '') tally.sample = ownCopy(line.message);
  tally.baselineCount += 1;
}

/** Adds what the second one counted to the first one. */
export function mergeTallies(into: Tally, from: Tally): void {
  if (into.count === 0 && from.count > 0) {
    into.sample = from.sample;
    into.exception = from.exception;
  }
  into.count += from.count;
  into.baselineCount += from.baselineCount;
  noteLevel(into, from.level);
  noteTime(into, from.firstAt, from.lastAt);
}
