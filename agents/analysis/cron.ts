/**
 * Schedules as CronJobs have them: five fields, lists, ranges and steps, names of months and days, and the `@daily` kind
 * (robfig/cron, which Kubernetes uses; crontab(5)).
 */

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

type Field = {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly names: readonly string[];
};

const fields: readonly Field[] = [
  { name: 'minute', least: 0, most: 59, names: [] },
  { name: 'hour', least: 0, most: 23, names: [] },
  { name: 'day of the month', least: 1, most: 31, names: [] },
  { name: 'month', least: 1, most: 12, names: months },
  { name: 'day of the week', least: 0, most: 6, names: days },
];

const macros = /^@(yearly|annually|monthly|weekly|daily|midnight|hourly|every [0-9][0-9a-zµ.]*)$/;

function numberOf(text: string, { least, names }: Field): number {
  const index = names.indexOf(text.toLowerCase());
  if (index >= 0) return index + least;
  return /^\d+$/.test(text) ? Number(text) : Number.NaN;
}

function isPart(part: string, field: Field): boolean {
  const [range = '', step, more] = part.split('/');
  if (more !== undefined || (step !== undefined && !/^[1-9]\d*$/.test(step))) return false;
  if (range === '*' || range === '?') return true;
  const [from, to, extra] = range.split('-');
  if (extra !== undefined || from === undefined) return false;
  const [low, high] = [numberOf(from, field), to === undefined ? undefined : numberOf(to, field)];
  if (!(low >= field.least && low <= field.most)) return false;
  return high === undefined || (high >= low && high <= field.most);
}

/** Every value that a field names. */
function valuesOf(text: string, field: Field): ReadonlySet<number> {
  const values = text.split(',').flatMap((part) => {
    const [range = '', step] = part.split('/');
    const open = range === '*' || range === '?';
    const [from = '', to] = range.split('-');
    const low = open ? field.least : numberOf(from, field);
    // "5/15" goes on to the end, as "5-59/15" does.
    const high = open || (to === undefined && step !== undefined) ? field.most : numberOf(to ?? from, field);
    const by = Number(step ?? 1);
    return Array.from({ length: Math.floor((high - low) / by) + 1 }, (_, index) => low + index * by);
  });
  return new Set(values);
}

const longestMonths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** True where none of the months has one of the days: the 31st of February never comes. */
function neverComes(parts: readonly string[]): boolean {
  const [, , day = '*', month = '*', weekday = '*'] = parts;
  const [, , dayField, monthField] = fields;
  if (!/^[*?]/.test(weekday) || dayField === undefined || monthField === undefined) return false;
  const first = Math.min(...valuesOf(day, dayField));
  return [...valuesOf(month, monthField)].every((one) => first > (longestMonths[one - 1] ?? 31));
}

const macroForms: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

const minuteMs = 60_000;

/**
 * How many runs a schedule has after one moment and up to another, by UTC, counted up to `most`; undefined for schedules that
 * are wrong, name a time zone or only an interval. Days of the month and of the week go together as crontab(5) has it: where
 * both are restricted, one of them is enough.
 */
export function runsBetween(
  schedule: string,
  fromMs: number,
  toMs: number,
  most: number,
): number | undefined {
  const text = macroForms[schedule.trim()] ?? schedule.trim();
  if (scheduleFault(text) !== undefined || /TZ=|^@/.test(text)) return undefined;
  const parts = text.split(/\s+/);
  const [minutes, hours, monthDays, monthSet, weekDays] = fields.map((field, index) =>
    valuesOf(parts[index] ?? '*', field),
  );
  const either = !/^[*?]/.test(parts[2] ?? '') && !/^[*?]/.test(parts[4] ?? '');
  let runs = 0;
  for (let at = (Math.floor(fromMs / minuteMs) + 1) * minuteMs; at <= toMs && runs < most; at += minuteMs) {
    const time = new Date(at);
    if (minutes?.has(time.getUTCMinutes()) !== true || hours?.has(time.getUTCHours()) !== true) continue;
    if (monthSet?.has(time.getUTCMonth() + 1) !== true) continue;
    const [byDate, byDay] = [monthDays?.has(time.getUTCDate()), weekDays?.has(time.getUTCDay())];
    if (either ? byDate || byDay : byDate && byDay) runs += 1;
  }
  return runs;
}

/** What is wrong with a schedule, in words; undefined where it is right. */
export function scheduleFault(schedule: string): string | undefined {
  const text = schedule.trim().replace(/^(CRON_)?TZ=\S+\s+/, '');
  if (text.startsWith('@')) return macros.test(text) ? undefined : `${text} is no schedule that is known`;
  const parts = text.split(/\s+/);
  if (parts.length !== fields.length) return `it has ${parts.length} fields and not ${fields.length}`;
  const wrong = fields.find((field, index) =>
    (parts[index] ?? '').split(',').some((part) => !isPart(part, field)),
  );
  if (wrong === undefined) return neverComes(parts) ? 'the day never comes' : undefined;
  return `"${parts[fields.indexOf(wrong)]}" is no ${wrong.name}`;
}
