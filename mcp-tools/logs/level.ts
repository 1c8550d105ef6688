/** Ranks of log lines, by the names that loggers give them. */
export const levels = ['trace', 'debug', 'info', 'warning', 'error', 'fatal'] as const;
export type Level = (typeof levels)[number];

const levelWords: Readonly<Record<string, Level>> = {
  trace: 'trace',
  trce: 'trace',
  verbose: 'trace',
  finest: 'trace',
  finer: 'trace',
  t: 'trace',
  debug: 'debug',
  dbg: 'debug',
  dbug: 'debug',
  fine: 'debug',
  d: 'debug',
  info: 'info',
  information: 'info',
  informational: 'info',
  notice: 'info',
  inf: 'info',
  log: 'info',
  i: 'info',
  warn: 'warning',
  warning: 'warning',
  wrn: 'warning',
  w: 'warning',
  error: 'error',
  err: 'error',
  eror: 'error',
  fail: 'error',
  severe: 'error',
  e: 'error',
  fatal: 'fatal',
  ftl: 'fatal',
  critical: 'fatal',
  crit: 'fatal',
  panic: 'fatal',
  dpanic: 'fatal',
  alert: 'fatal',
  emerg: 'fatal',
  emergency: 'fatal',
  f: 'fatal',
  c: 'fatal',
};

/** 0 to 7 as syslog and journald count, from 10 on as Bunyan and pino do. */
function levelOfNumber(value: number): Level | undefined {
  if (value >= 10 && value <= 60) return levels[Math.min(5, Math.floor(value / 10) - 1)];
  if (!Number.isInteger(value) || value < 0 || value > 7) return undefined;
  if (value <= 2) return 'fatal';
  return (['error', 'warning', 'info', 'info', 'debug'] as const)[value - 3];
}

/** Of the value of a field that holds a level: a word, a letter or a number. */
export function levelOfWord(value: unknown): Level | undefined {
  if (typeof value === 'number') return levelOfNumber(value);
  if (typeof value !== 'string') return undefined;
  return /^\d{1,2}$/.test(value) ? levelOfNumber(Number(value)) : levelWords[value.toLowerCase()];
}

const ranks: readonly (string | undefined)[] = levels;

/** 0 for the mildest; -1 where there is no level. */
export function levelRank(level: string | undefined): number {
  return ranks.indexOf(level);
}
