import { causeCodeSchema, causeNamed } from '#domain/causes/catalogue.ts';
import type { Diagnosis, Hypothesis, Quote } from '#domain/diagnosis.ts';
import { formatObject } from '#domain/object-ref.ts';
import { gapLines } from './gap-lines.ts';
import { indented, padLeftTo, wrapLines } from './layout.ts';
import type { Style } from './style.ts';

const mostQuotes = 4;

/** What a cause is called; a code that this version does not know is shown as it is. */
export function causeTitle(code: string, { language }: Pick<Style, 'language'>): string {
  const known = causeCodeSchema.safeParse(code).data;
  return known === undefined ? code : causeNamed(known).title[language];
}

/** `94 %`. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/**
 * The diagnosis: what is believed and why, what speaks against it, what was ruled out and what nobody could see. The first
 * hypothesis is told with its quotes; with `whole` all of them are.
 */
export function renderDiagnosis(
  diagnosis: Diagnosis,
  style: Style,
  amount: 'short' | 'whole' = 'short',
): string {
  const { words, paint } = style;
  const heading = `${paint.strong(words.diagnosis.title)}  ${words.verdict[diagnosis.verdict]}`;
  return [
    heading,
    indented(diagnosis.summary, 2, style.columns),
    ...diagnosis.hypotheses.flatMap((hypothesis, index) => {
      const whole = amount === 'whole' || index === 0;
      return ['', ...hypothesisLines(hypothesis, index + 1, { style, whole })];
    }),
    ...endLines(diagnosis, style),
  ].join('\n');
}

function hypothesisLines(
  hypothesis: Hypothesis,
  place: number,
  { style, whole }: { style: Style; whole: boolean },
): string[] {
  const { words, paint, columns } = style;
  const share = padLeftTo(percent(hypothesis.confidence), 5);
  const title = `${causeTitle(hypothesis.cause, style)} · ${formatObject(hypothesis.object)}`;
  const heading = `  ${place}  ${paint.strong(share)}  ${paint.strong(title)}`;
  const full = [
    indented(hypothesis.explanation, 12, columns),
    ...quoteLines(words.diagnosis.for, hypothesis.evidence, style),
    ...quoteLines(words.diagnosis.against, hypothesis.against, style),
  ];
  // The first one is told whole; of the others it is enough to know that they were thought of.
  return whole ? [heading, ...full] : [heading, ...full.slice(0, 1)];
}

function quoteLines(label: string, quotes: readonly Quote[], style: Style): string[] {
  const { words, paint, columns } = style;
  if (quotes.length === 0)
    return [`            ${paint.quiet(words.labelled(label, words.diagnosis.nothing))}`];
  const ranked = quotes.toSorted((a, b) => b.weight - a.weight);
  const lines = ranked.slice(0, mostQuotes).flatMap((quote) => {
    const text = wrapLines(`“${quote.quote.replaceAll(/\s+/g, ' ')}”`, columns - 16);
    return [
      `              ${paint.quiet(`${quote.source} · ${quote.ref}`)}`,
      ...text.slice(0, 3).map((line) => `                ${line}`),
    ];
  });
  const more =
    quotes.length > mostQuotes
      ? [`              ${words.diagnosis.moreQuotes(quotes.length - mostQuotes)}`]
      : [];
  return [`            ${paint.quiet(words.labelled(label, '').trimEnd())}`, ...lines, ...more];
}

function endLines(diagnosis: Diagnosis, style: Style): string[] {
  const { words, columns } = style;
  const ruledOut = diagnosis.ruledOut.map(
    ({ cause, object }) => `${causeTitle(cause, style)}${words.inParens(formatObject(object))}`,
  );
  const ruledOutLines =
    ruledOut.length === 0 ? [] : [words.labelled(words.diagnosis.ruledOut, ruledOut.join(words.listComma))];
  const gaps = gapLines(diagnosis.gaps);
  const [only] = gaps;
  const told = gaps.length === 1 ? [words.labelled(words.diagnosis.gaps, only ?? '')] : [];
  const listed =
    gaps.length > 1
      ? [
          indented(words.labelled(words.diagnosis.gaps, '').trimEnd(), 2, columns),
          ...gaps.map((gap) => indented(gap, 4, columns)),
        ]
      : [];
  const lines = [...ruledOutLines, ...told].map((line) => indented(line, 2, columns));
  return lines.length + listed.length === 0 ? [] : ['', ...lines, ...listed];
}
