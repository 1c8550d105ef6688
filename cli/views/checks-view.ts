import type { DoctorCheck } from '#machine/doctor-checks.ts';
import { padTo, shortenMiddle, widthOf, wrapLines } from './layout.ts';
import type { Style } from './style.ts';

export type CheckGroup = { readonly title: string; readonly checks: readonly DoctorCheck[] };

const marks = { ok: '✓', warning: '!', missing: '✗' } as const;

/** What was looked at, by group; under what is missing, the way to mend it. */
export function renderChecks(groups: readonly CheckGroup[], style: Style): string {
  const nameColumns = Math.max(...groups.flatMap(({ checks }) => checks.map(({ name }) => widthOf(name))));
  return groups
    .map(({ title, checks }) =>
      [style.paint.strong(title), ...checks.flatMap((check) => checkLines(check, nameColumns, style))].join(
        '\n',
      ),
    )
    .join('\n\n');
}

function checkLines({ name, state, text, mend }: DoctorCheck, nameColumns: number, style: Style): string[] {
  const { paint, columns, words } = style;
  const paintMark = { ok: paint.good, warning: paint.waiting, missing: paint.bad }[state];
  const textAt = nameColumns + 6;
  // What is well is said in a line; what is not, whole.
  const lines =
    state === 'ok'
      ? [shortenMiddle(text, columns - textAt)]
      : text.split('\n').flatMap((line) => wrapLines(line, columns - textAt));
  const first = `  ${paintMark(marks[state])} ${padTo(name, nameColumns)}  ${lines[0] ?? ''}`;
  const rest = lines.slice(1).map((line) => ' '.repeat(textAt) + line);
  // A command must stay on one line to be pasted.
  const mending = mend === undefined ? [] : [`${' '.repeat(textAt)}${words.doctor.mend(mend)}`];
  return [first, ...rest, ...mending];
}
