import { z } from 'zod';
import { canonicalJson } from '#domain/hash.ts';
import { meaningOfName, nameWithout, statisticOfName, unitOfName } from '#domain/metric-words.ts';
import type { Emitter } from '#domain/tools/emitter.ts';
import { type SeriesInfo, signals } from '#domain/tools/prometheus.ts';
import { type Bundle, readTogether } from '../bundle/open-bundle.ts';
import { edgeIn } from './call-edges.ts';
import { labelValue, workloadOfPod } from './label-spellings.ts';
import { parseOpenMetrics, type RecordedSeries } from './open-metrics.ts';
import { emitterOf } from './series-info.ts';

/** A recorded series with what is known of it. */
export type BundleSeries = {
  readonly info: SeriesInfo;
  readonly points: readonly [number, number][];
};

export type BundleMetrics = {
  readonly series: readonly BundleSeries[];
  readonly byId: ReadonlyMap<string, BundleSeries>;
  readonly gaps: readonly string[];
  /** False where the bundle has no metrics at all. */
  readonly held: boolean;
};

const toldSchema = z.object({
  name: z.string(),
  unit: z.string().optional(),
  statistic: z.string().optional(),
  stepSeconds: z.number().positive().optional(),
  badWhen: z.enum(['up', 'down', 'either']).optional(),
  /** Our own bundles say it; others leave it to the name. */
  signal: z.enum(signals).optional().catch(undefined),
  guessed: z.literal(true).optional().catch(undefined),
});
type Told = z.infer<typeof toldSchema>;

/** Who a recorded series speaks of; a call edge speaks of its two ends and of no single service. */
function emitterOfSeries({ name, labels }: RecordedSeries): Emitter {
  const namespace = labelValue(labels, 'namespace');
  const version = labelValue(labels, 'version');
  const pod = labelValue(labels, 'pod');
  const edge = edgeIn(name, labels);
  if (edge !== undefined) {
    const from = edge.source === undefined ? labelValue(labels, 'service') : labels[edge.source];
    const to = edge.destination === undefined ? undefined : labels[edge.destination];
    return emitterOf({
      namespace,
      source: from,
      destination: to,
      pod,
      version,
    });
  }
  const workload = labelValue(labels, 'workload') ?? (pod === undefined ? undefined : workloadOfPod(pod));
  return emitterOf({
    namespace,
    service: labelValue(labels, 'service') ?? workload,
    workload,
    pod,
    container: labelValue(labels, 'container'),
    node: labelValue(labels, 'node'),
    version,
  });
}

/** The usual distance of two points: the middle one of the first distances. */
function stepOf(points: readonly [number, number][]): number | undefined {
  const distances = points
    .slice(1, 40)
    .map(([at], index) => at - (points[index]?.[0] ?? at))
    .toSorted((a, b) => a - b);
  const middle = distances[Math.floor(distances.length / 2)];
  return middle === undefined || middle <= 0 ? undefined : Math.round(middle * 1000) / 1000;
}

function seriesOf(recorded: RecordedSeries, told: Told | undefined, unit: string | undefined): BundleSeries {
  const { name, labels, points } = recorded;
  const emitter = emitterOfSeries(recorded);
  const guess = meaningOfName(nameWithout(name, emitter.service ?? emitter.workload ?? emitter.source));
  const step = told?.stepSeconds ?? stepOf(points);
  const known = told?.unit ?? unit ?? unitOfName(name);
  const info: SeriesInfo = {
    series: `${name}${canonicalJson(labels)}`,
    name,
    emitter,
    labels: { ...labels },
    signal: told?.signal ?? guess.signal,
    statistic: told?.statistic ?? statisticOfName(name),
    badWhen: told?.badWhen ?? guess.badWhen,
    ...(told?.signal === undefined || told.guessed ? { guessed: true as const } : {}),
    ...(known === undefined ? {} : { unit: known }),
    ...(step === undefined ? {} : { stepSeconds: step }),
  };
  return { info, points };
}

async function readFile(
  bundle: Bundle,
  path: string,
  told: ReadonlyMap<string, Told>,
): Promise<{ readonly items: readonly BundleSeries[]; readonly gaps: readonly string[] }> {
  const { series, units, problems } = parseOpenMetrics((await bundle.text(path)) ?? '');
  return {
    items: series.map((one) => seriesOf(one, told.get(one.name), units.get(one.name))),
    gaps: problems.map((problem) => `${path}: ${problem}`),
  };
}

/** Every series of a bundle; read once. */
export function readSeriesOf(bundle: Bundle): Promise<BundleMetrics> {
  return bundle.once('metrics', async () => {
    const described = await readTogether([bundle.array('metrics/series.json', toldSchema)]);
    const told = new Map(described.items.map((one) => [one.name, one]));
    const paths = bundle.paths.filter((path) => path.startsWith('metrics/') && path.endsWith('.om'));
    const { items, gaps } = await readTogether(paths.map((path) => readFile(bundle, path, told)));
    // The same series in two files is one, and the later file goes on where the first ends.
    const byId = new Map<string, BundleSeries>();
    for (const one of items) {
      const known = byId.get(one.info.series);
      const points = known === undefined ? one.points : joined(known.points, one.points);
      byId.set(one.info.series, { ...one, points });
    }
    return { series: [...byId.values()], byId, gaps: [...described.gaps, ...gaps], held: paths.length > 0 };
  });
}

function joined(a: readonly [number, number][], b: readonly [number, number][]): [number, number][] {
  return [...new Map([...a, ...b])].toSorted(([first], [second]) => first - second);
}

/** Whether a series speaks of an emitter: every field that is asked for fits; of a call, either end may be the service. */
export function speaksOf({ emitter }: SeriesInfo, asked: Emitter): boolean {
  const { service, workload, ...rest } = asked;
  const exact = Object.entries(rest).every(([field, value]) => {
    if (value === undefined) return true;
    const own = Object.entries(emitter).find(([name]) => name === field)?.[1];
    // What says nothing of its namespace may be of any.
    return own === value || (field === 'namespace' && own === undefined);
  });
  const names = [emitter.service, emitter.workload, emitter.source, emitter.destination];
  return exact && [service, workload].every((name) => name === undefined || names.includes(name));
}
