import { padLeftTo, padTo, shortenMiddle, widthOf } from './layout.ts';

export type Column = {
  readonly title: string;
  readonly align?: 'right';
  /** May lose its middle where the terminal is too narrow. */
  readonly shrinks?: true;
};

const gap = '  ';
const narrowest = 8;

/**
 * A table of plain columns. Where `columns` is undefined (a pipe) nothing is shortened, so that what is read from it is
 * whole.
 */
export function renderTable(
  header: readonly Column[],
  rows: readonly (readonly string[])[],
  options: { columns: number | undefined; title: (text: string) => string },
): string {
  const wanted = header.map((column, index) =>
    Math.max(widthOf(column.title), ...rows.map((row) => widthOf(row[index] ?? ''))),
  );
  const widths = fitted(header, wanted, options.columns);
  const line = (cells: readonly string[], style = (text: string) => text): string =>
    cells
      .map((cell, index) => {
        const columns = widths[index] ?? 0;
        const text = shortenMiddle(cell, columns);
        const pad = header[index]?.align === 'right' ? padLeftTo : padTo;
        return style(pad(text, columns));
      })
      .join(gap)
      .trimEnd();
  return [
    line(
      header.map((column) => column.title),
      options.title,
    ),
    ...rows.map((row) => line(row)),
  ].join('\n');
}

/** Takes from the widest column that may shrink, one by one, until the row fits. */
function fitted(header: readonly Column[], wanted: readonly number[], columns: number | undefined): number[] {
  const widths = [...wanted];
  const total = (): number => widths.reduce((sum, width) => sum + width, gap.length * (widths.length - 1));
  while (columns !== undefined && total() > columns) {
    const widest = header.reduce(
      (best, column, index) =>
        column.shrinks === true && (widths[index] ?? 0) > (widths[best] ?? narrowest) ? index : best,
      -1,
    );
    if (widest === -1) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}
