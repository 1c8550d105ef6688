import { readFile } from 'node:fs/promises';
import type { Intervals } from './intervals.ts';

const rulesUrl = new URL('alert-rules.yaml', import.meta.url);

/** The alert rules as Prometheus reads them, with these intervals. */
export async function alertRules(intervals: Intervals): Promise<string> {
  const values: Readonly<Record<string, number>> = {
    window: intervals.windowSeconds,
    briefly: intervals.brieflySeconds,
    steadily: intervals.steadilySeconds,
  };
  const text = await readFile(rulesUrl, 'utf8');
  return text.replaceAll(/\$\{(\w+)\}/g, (whole, key: string) =>
    values[key] === undefined ? whole : `${values[key]}s`,
  );
}
