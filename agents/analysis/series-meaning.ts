import {
  type BadWhen,
  type Measure,
  meaningOfName,
  nameWithout,
  unitNamed,
  unitOfName,
  wordsOf,
} from '#domain/metric-words.ts';
import type { SeriesInfo } from '#domain/tools/prometheus.ts';

/** What a series measures: what its source tells of it, and for the rest the words of its name. */
export type SeriesMeaning = {
  readonly measure: Measure;
  readonly signal: SeriesInfo['signal'];
  readonly badWhen: BadWhen;
  readonly unit: string | undefined;
  /** It is a part of a whole, 0..1 or 0..100. */
  readonly share: boolean;
  /** It tells of the host, whatever runs on it. */
  readonly ofHost: boolean;
};

/** Words of parts of a whole: of requests that succeed or fail, of lookups that hit. */
const shares =
  / (availability|success|apdex|(error|errors|failure|hit|fault|5xx) (ratio|percent|percentage|pct)|hit rate) /;
const counted = / (total|count|sum|replicas|hosts?) /;

/** The measure of signals that say what they are by themselves. */
const ofSignal: Readonly<Partial<Record<SeriesInfo['signal'], Measure>>> = {
  traffic: 'traffic',
  errors: 'errors',
  latency: 'latency',
  availability: 'availability',
  restarts: 'restarts',
  throttling: 'throttling',
};

/** The one who speaks, whose name a metric's name may begin with. */
const speakerOf = ({ emitter }: SeriesInfo) => emitter.service ?? emitter.workload ?? emitter.source;

/** What a series is called, without whose it is. */
export const bareName = (info: SeriesInfo): string => nameWithout(info.name, speakerOf(info));

/** What is told of the signal comes first; a name that says something else says nothing then. */
function measureOf(signal: SeriesInfo['signal'], named: ReturnType<typeof meaningOfName>): Measure {
  const told = ofSignal[signal];
  if (told !== undefined) return told;
  return named.signal === signal || ofSignal[named.signal] === undefined ? named.measure : 'other';
}

function unitOf(info: SeriesInfo): string | undefined {
  const told = info.unit ?? info.labels.unit;
  // A number of things in a time is no time, whatever unit is told of it.
  const named = unitOfName(info.name);
  return named === '1/s' || told === undefined || told === '' ? named : unitNamed(told);
}

export function meaningOf(info: SeriesInfo): SeriesMeaning {
  const text = ` ${wordsOf(info.name).join(' ')} `;
  const named = meaningOfName(bareName(info));
  return {
    measure: measureOf(info.signal, named),
    signal: info.signal,
    badWhen: info.badWhen ?? named.badWhen,
    unit: unitOf(info),
    share: shares.test(text) && !counted.test(text),
    ofHost: /^ (node|host|machine|instance|vm) /.test(text),
  };
}
