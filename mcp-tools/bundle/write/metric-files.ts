import type { Evidence } from '#domain/evidence.ts';
import {
  metricsListSeries,
  metricsWindow,
  type SeriesInfo,
  type SeriesWindow,
} from '#domain/tools/prometheus.ts';
import { answersTo, jsonFile } from './answers.ts';

/**
 * A name of its own for what a series is: a rate and an error ratio of the same counter are two series. Words that tell its
 * signal stay in it.
 */
function nameOf({ name, statistic, signal }: SeriesInfo): string {
  const plain = name.replace(/[^a-zA-Z0-9_:]/g, '_').replace(/^(?=\d)/, '_');
  return statistic === undefined || statistic === 'value'
    ? plain
    : `${plain}:${signal}_${statistic.replace(/[^a-zA-Z0-9]/g, '_')}`;
}

/** The labels of the series, with whom it speaks of in the format's own words. */
function labelsOf({ labels, emitter }: SeriesInfo): Record<string, string> {
  const told = Object.entries(emitter).flatMap(([field, value]) =>
    value === undefined ? [] : [[field, value]],
  );
  return { ...labels, ...Object.fromEntries(told) };
}

function escaped(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}

function headOf(info: SeriesInfo): string {
  const pairs = Object.entries(labelsOf(info))
    .filter(([label]) => /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, value]) => `${label}="${escaped(value)}"`);
  return `${nameOf(info)}{${pairs.join(',')}}`;
}

/** All points that were fetched of each series, in order. */
function joined(windows: readonly SeriesWindow[]): SeriesWindow[] {
  return [...Map.groupBy(windows, ({ info }) => info.series).values()].flatMap((parts) => {
    const [first] = parts;
    if (first === undefined) return [];
    const points = [...new Map(parts.flatMap((part) => part.points))].toSorted(([a], [b]) => a - b);
    return [{ info: first.info, points }];
  });
}

function describe(info: SeriesInfo): Record<string, unknown> {
  const { unit, statistic, stepSeconds, badWhen, signal, guessed } = info;
  return {
    name: nameOf(info),
    signal,
    ...Object.fromEntries(
      Object.entries({ unit, statistic, stepSeconds, badWhen, guessed }).filter(
        ([, value]) => value !== undefined,
      ),
    ),
  };
}

/** Series of the evidence as OpenMetrics text, with what is known of them. */
export function metricFiles(evidence: readonly Evidence[]): [string, string][] {
  const answers = answersTo(evidence, metricsWindow);
  const listed = answersTo(evidence, metricsListSeries);
  if (answers.length === 0 && listed.length === 0) return [];
  const series = joined(answers.flatMap(({ output }) => output.items));
  const lines = series.flatMap(({ info, points }) => {
    const head = headOf(info);
    return points.map(([at, value]) => `${head} ${value} ${at}`);
  });
  const described = new Map(series.map(({ info }) => [nameOf(info), describe(info)]));
  return [
    ['metrics/series.om', `${[...lines, '# EOF'].join('\n')}\n`],
    jsonFile('metrics/series.json', [...described.values()]),
  ];
}
