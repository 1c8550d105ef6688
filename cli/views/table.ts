import { padLeftTo, padTo, shortenEnd, shortenMiddle, widthOf } from './layout.ts';

export type Column = {
  readonly title: string;
  readonly align?: 'right';
  /** Where the terminal is too narrow a name may lose its middle; before that, a sentence its end. */
  readonly shrinks?: 'name' | 'sentence';
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
        const shorten = header[index]?.shrinks === 'sentence' ? shortenEnd : shortenMiddle;
        const text = shorten(cell, columns);
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

/** Takes from the widest sentence, and then from the widest name, column by column, until the row fits. */
function fitted(header: readonly Column[], wanted: readonly number[], columns: number | undefined): number[] {
  const widths = [...wanted];
  const total = (): number => widths.reduce((sum, width) => sum + width, gap.length * (widths.length - 1));
  while (columns !== undefined && total() > columns) {
    const from = widestOf('sentence', header, widths) ?? widestOf('name', header, widths);
    if (from === undefined) break;
    widths[from] = (widths[from] ?? 0) - 1;
  }
  return widths;
}

function widestOf(
  kind: Column['shrinks'],
  header: readonly Column[],
  widths: readonly number[],
): number | undefined {
  const candidates = widths
    .map((width, index) => ({ width, index }))
    .filter(({ width, index }) => header[index]?.shrinks === kind && width > narrowest);
  return candidates.sort((a, b) => b.width - a.width)[0]?.index;
}
