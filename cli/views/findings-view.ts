import { formatObject } from '#domain/object-ref.ts';
import type { PrintedFinding, Severity } from '../analyze/findings.ts';
import { actionTitle } from './action-title.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';

function painted(severity: Severity, text: string, { paint }: Style): string {
  if (severity === 'error') return paint.bad(text);
  return severity === 'warning' ? paint.waiting(text) : paint.quiet(text);
}

/** Findings as a table, the gravest first; what would mend them in its last column. */
export function renderFindings(
  findings: readonly PrintedFinding[],
  style: Style,
  columns: number | undefined,
): string {
  const { words, paint } = style;
  if (findings.length === 0) return words.analyze.nothing;
  const table = renderTable(
    [
      { title: words.analyze.severity },
      { title: words.analyze.object, shrinks: 'name' },
      { title: words.analyze.code },
      { title: words.analyze.message, shrinks: 'sentence' },
      { title: words.analyze.fix },
    ],
    findings.map(({ severity, object, code, message, fix }) => [
      words.analyze.severities[severity],
      formatObject(object),
      code,
      message,
      [...new Set(fix.map(({ action }) => actionTitle(action, style)))].join(', '),
    ]),
    { columns, title: paint.strong },
  );
  const [head = '', ...rows] = table.split('\n');
  const lines = rows.map((row, index) => painted(findings[index]?.severity ?? 'info', row, style));
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length;
  return [head, ...lines, '', words.analyze.counts(count('error'), count('warning'), count('info'))].join(
    '\n',
  );
}
