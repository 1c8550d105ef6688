import { percent } from '../views/diagnosis-view.ts';
import { indented } from '../views/layout.ts';
import type { Style } from '../views/style.ts';
import { type Column, renderTable } from '../views/table.ts';
import type { Comparison } from './compare.ts';
import type { Miss, Scorecard } from './run-suite.ts';
import type { Figures } from './scorecard.ts';

export const right = (title: string): Column => ({ title, align: 'right' });

/** Three places: a suite of a thousand bundles moves by less than a hundredth. */
export function share(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(3);
}

/** A table, two columns in. */
export function table(header: readonly Column[], rows: readonly (readonly string[])[], style: Style): string {
  const text = renderTable(header, rows, { columns: undefined, title: style.paint.quiet });
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}

type Row = readonly [name: string, of: (figures: Figures) => string];

function rowsOf({ words }: Style): readonly Row[] {
  const { evaluation } = words;
  return [
    [evaluation.bundles, ({ bundles }) => String(bundles)],
    [evaluation.verdict, ({ verdict }) => share(verdict)],
    [evaluation.falseFaults, ({ falseFaults }) => share(falseFaults)],
    ['A@1', ({ a1 }) => share(a1)],
    ['A@3', ({ a3 }) => share(a3)],
    ['object@1', ({ object1 }) => share(object1)],
    ...[1, 2, 3, 4, 5].map((k): Row => [evaluation.service(k), ({ serviceAt }) => share(serviceAt?.[k - 1])]),
    [evaluation.serviceAverage, ({ serviceAvg5 }) => share(serviceAvg5)],
    ['change HR@1', ({ changeHr1 }) => share(changeHr1)],
    ['change HR@3', ({ changeHr3 }) => share(changeHr3)],
    [evaluation.changeExact, ({ changeExact }) => share(changeExact)],
    [evaluation.calibration, ({ calibrationError }) => share(calibrationError)],
  ];
}

function figuresTable({ figures }: Scorecard, style: Style): string {
  const { evaluation } = style.words;
  const parts = (['tune', 'held', 'all'] as const).filter((part) => figures[part] !== undefined);
  const rows = rowsOf(style)
    .map(([name, of]) => [name, ...parts.map((part) => (figures[part] ? of(figures[part]) : ''))])
    .filter((row) => row.slice(1).some((cell) => cell !== ''));
  return table([{ title: evaluation.figure }, ...parts.map((part) => right(evaluation[part]))], rows, style);
}

/** The scorecard for people: figures by part, then causes, confusions and reliability. */
export function renderScorecard(card: Scorecard, style: Style): string {
  const { words, paint } = style;
  const { evaluation } = words;
  const causes = card.causes.map(({ cause, bundles, a1, a3, object1 }) => [
    cause,
    String(bundles),
    ...[a1, a3, object1].map(share),
  ]);
  const confusions = card.confusions.map(({ expected, answered, count }) => [
    String(count),
    expected,
    answered === '(none)' ? evaluation.nothing : answered,
  ]);
  const reliability = card.reliability.map(({ from, to, count, said, right: are }) => [
    `${percent(from)} – ${percent(to)}`,
    String(count),
    share(said),
    share(are),
  ]);
  const { p50, p95 } = card.durationMs;
  const part = (title: string, text: string) => `${paint.strong(title)}\n${text}`;
  return [
    part(evaluation.suite(card.suite, card.scores.length), figuresTable(card, style)),
    part(
      evaluation.causesOfTune,
      table(
        [{ title: evaluation.cause }, right(evaluation.count), right('A@1'), right('A@3'), right('object@1')],
        causes,
        style,
      ),
    ),
    part(
      evaluation.confusions,
      table(
        [right(evaluation.count), { title: evaluation.expected }, { title: evaluation.answered }],
        confusions,
        style,
      ),
    ),
    part(
      evaluation.reliability,
      table(
        [right(evaluation.sure), right(evaluation.count), right(evaluation.said), right(evaluation.right)],
        reliability,
        style,
      ),
    ),
    evaluation.speed(p50.toFixed(0), p95.toFixed(0), card.peakRssMb),
    ...(card.missing.length === 0 ? [] : [evaluation.missing(card.missing.join(', '))]),
  ].join('\n\n');
}

function expectedText({ expected }: Miss): string {
  const { verdict, causes, objects, services, changes } = expected;
  const parts = [causes, objects, services, changes].flatMap((list) =>
    list === undefined ? [] : [list.length === 0 ? '–' : list.join(' | ')],
  );
  return [verdict, ...parts].join('; ');
}

/** What was answered wrong, each with its three first answers. */
export function renderMisses({ misses }: Scorecard, style: Style): string {
  const { words, paint } = style;
  const lines = misses.flatMap((miss) => [
    '',
    `  ${paint.strong(miss.bundle)}  ${words.labelled(words.evaluation.expected, expectedText(miss))}`,
    ...[miss.verdict, ...miss.answered].map((text) => indented(text, 6, style.columns)),
  ]);
  return [paint.strong(words.evaluation.misses), ...lines].join('\n');
}

/** What moved against an earlier run. */
export function renderComparison(comparison: Comparison, style: Style): string {
  const { words, paint } = style;
  const { better, worse, heldBetter, heldWorse } = comparison;
  const list = (label: string, names: readonly string[]) =>
    names.length === 0
      ? []
      : [indented(words.labelled(label, names.join(words.listComma)), 2, style.columns)];
  return [
    paint.strong(words.evaluation.moved(better.length, worse.length)),
    ...list(words.evaluation.better, better),
    ...list(words.evaluation.worse, worse),
    words.evaluation.movedHeld(heldBetter, heldWorse),
  ].join('\n');
}
