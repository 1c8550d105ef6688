import { z } from 'zod';

export const severities = ['sev1', 'sev2', 'sev3', 'sev4'] as const;
export const severitySchema = z.enum(severities);
export type Severity = (typeof severities)[number];

/** Words that alert rules use, by our four levels. Anything else counts as sev3: seen, not waking anyone by itself. */
const severityWords: Readonly<Record<string, Severity>> = {
  critical: 'sev1',
  emergency: 'sev1',
  disaster: 'sev1',
  fatal: 'sev1',
  page: 'sev1',
  p0: 'sev1',
  p1: 'sev1',
  high: 'sev2',
  error: 'sev2',
  major: 'sev2',
  p2: 'sev2',
  warning: 'sev3',
  warn: 'sev3',
  minor: 'sev3',
  p3: 'sev3',
  info: 'sev4',
  none: 'sev4',
  low: 'sev4',
  p4: 'sev4',
};

export function severityOfWord(word: string | undefined): Severity {
  return severityWords[word?.trim().toLowerCase() ?? ''] ?? 'sev3';
}

/** 1 for the worst: the order in which work is taken. */
export function severityRank(severity: Severity): number {
  return severities.indexOf(severity) + 1;
}

export function worseSeverity(a: Severity, b: Severity): Severity {
  return severityRank(a) <= severityRank(b) ? a : b;
}
