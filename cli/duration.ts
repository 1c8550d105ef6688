const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of `30s`, `5m`, `1h`, `250ms`, or a plain number of seconds; undefined for anything else. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text.trim());
  if (match?.[1] === undefined) return undefined;
  return Number(match[1]) * (unitsMs[match[2] ?? 's'] ?? 1000);
}

export type DurationUnits = { readonly s: string; readonly min: string; readonly h: string };

/** A duration as people say it: `214 ms`, `2.1 s`, `48 s`, `3 min 5 s`, `2 h 4 min`. */
export function formatDuration(ms: number, units: DurationUnits): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} ${units.s}`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} ${units.s}`;
  if (whole < 3600) return pair(whole, 60, units.min, units.s);
  return pair(Math.round(whole / 60), 60, units.h, units.min);
}

function pair(count: number, per: number, large: string, small: string): string {
  const rest = count % per;
  return `${Math.floor(count / per)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`;
}
