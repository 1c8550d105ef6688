import type { Style } from '../../views/style.ts';
import { renderTable } from '../../views/table.ts';
import type { LogSuiteScore } from './run-loghub.ts';

/** The grouping accuracy of each log, and the means of the parts, for people. */
export function renderLogSuite(name: string, { logs, means }: LogSuiteScore, style: Style): string {
  const { words, paint } = style;
  const { evaluation } = words;
  const partName = { tune: evaluation.tune, held: evaluation.held };
  const right = (title: string) => ({ title, align: 'right' as const });
  const rows = [
    ...logs.map(({ log, part, lines, found, events, accuracy }) => [
      log,
      part === undefined ? '' : partName[part],
      ...[lines, found, events].map(String),
      accuracy.toFixed(4),
    ]),
    ...(['tune', 'held'] as const).flatMap((part) => {
      const mean = means[part];
      return mean === undefined ? [] : [[evaluation.mean, partName[part], '', '', '', mean.toFixed(4)]];
    }),
  ];
  const header = [
    { title: evaluation.log },
    { title: evaluation.part },
    ...[evaluation.lines, evaluation.groups, evaluation.trueGroups, evaluation.groupingAccuracy].map(right),
  ];
  const table = renderTable(header, rows, { columns: undefined, title: paint.quiet });
  return `${paint.strong(evaluation.logs(name, logs.length))}\n${table}`;
}
