import { z } from 'zod';

/** A moment as RFC 3339 text with a zone; the form in which times travel and are stored. */
export const instantSchema = z.iso.datetime({ offset: true });
export type Instant = string;

/** Milliseconds since the epoch. Throws a TypeError on text that is no time. */
export function toMs(instant: Instant): number {
  const ms = Date.parse(instant);
  if (Number.isNaN(ms)) throw new TypeError(`not a time: ${instant}`);
  return ms;
}

export function fromMs(unixMs: number): Instant {
  return new Date(unixMs).toISOString();
}

/** A moment some seconds after another (before it for a negative number). */
export function plusSeconds(instant: Instant, seconds: number): Instant {
  return fromMs(toMs(instant) + seconds * 1000);
}

/** Seconds from `from` to `to`; negative where `to` is earlier. */
export function secondsBetween(from: Instant, to: Instant): number {
  return (toMs(to) - toMs(from)) / 1000;
}
