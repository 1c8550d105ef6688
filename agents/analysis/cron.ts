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

/** What is wrong with a schedule, in words; undefined where it is right. */
export function scheduleFault(schedule: string): string | undefined {
  const text = schedule.trim().replace(/^(CRON_)?TZ=\S+\s+/, '');
  if (text.startsWith('@')) return macros.test(text) ? undefined : `${text} is no schedule that is known`;
  const parts = text.split(/\s+/);
  if (parts.length !== fields.length) return `it has ${parts.length} fields and not ${fields.length}`;
  const wrong = fields.find((field, index) =>
    (parts[index] ?? '').split(',').some((part) => !isPart(part, field)),
  );
  return wrong === undefined ? undefined : `"${parts[fields.indexOf(wrong)]}" is no ${wrong.name}`;
}
