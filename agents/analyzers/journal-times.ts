const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const short = /^([A-Z][a-z]{2}) +(\d{1,2}) (\d{2}):(\d{2}):(\d{2})/;
const precise = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*/;
/** Any leap year does: the short form has none. */
const someYear = 2000;

/** When a line of a journal was written, on its host's own clock: good for comparing with others of the same host. */
function writtenMs(line: string): { readonly form: 'short' | 'precise'; readonly ms: number } | undefined {
  const [, month = '', day, hour, minute, second] = short.exec(line) ?? [];
  const index = months.indexOf(month);
  if (index >= 0) {
    const ms = Date.UTC(someYear, index, Number(day), Number(hour), Number(minute), Number(second));
    return { form: 'short', ms };
  }
  const ms = Date.parse(precise.exec(line)?.[0] ?? '');
  return Number.isNaN(ms) ? undefined : { form: 'precise', ms };
}

/**
 * How long before the newest line of its host a line was written, in seconds; undefined where that cannot be told. Clocks of
 * journals have no zone, so lines are compared with one another, and with nothing else.
 */
export function secondsBeforeNewest(line: string, journals: readonly string[]): number | undefined {
  const written = writtenMs(line);
  if (written === undefined) return undefined;
  const newest = journals
    .flatMap((journal) => writtenMs(journal.trimEnd().split('\n').at(-1) ?? '') ?? [])
    .filter(({ form }) => form === written.form)
    .reduce((latest, { ms }) => Math.max(latest, ms), written.ms);
  return (newest - written.ms) / 1000;
}
