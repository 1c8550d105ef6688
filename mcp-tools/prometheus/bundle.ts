import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import {
  type Monitor,
  metricsLevels,
  metricsListSeries,
  metricsQuery,
  metricsTargets,
  metricsWindow,
  monitorsList,
} from '#domain/tools/prometheus.ts';
import { type Bundle, notInBundle } from '../bundle/open-bundle.ts';
import { implement, type ToolImplementation } from '../runtime/implement.ts';
import { pageOfList } from '../runtime/paging.ts';
import { type BundleSeries, readSeriesOf, speaksOf } from './bundle-series.ts';
import { digestMonitors, digestSeries, digestWindows } from './digests.ts';
import { compareInfos } from './list-series.ts';

const noMetrics = notInBundle('metrics');

async function listSeries(bundle: Bundle, input: z.output<typeof metricsListSeries.input>) {
  const { series, gaps, held } = await readSeriesOf(bundle);
  const wanted = series
    .map(({ info }) => info)
    .filter((info) => speaksOf(info, input.emitter) && (input.signals ?? [info.signal]).includes(info.signal))
    .sort(compareInfos);
  const hint =
    wanted.length === 0 ? `${series.length} series are held, none speaks of this emitter` : undefined;
  return pageOfList(wanted, input, { gaps: held ? gaps : [noMetrics], hint });
}

/** The last recorded point of each step, with its own time, so that it can be found in the source. */
function thinned(points: readonly [number, number][], stepSeconds: number): [number, number][] {
  const kept: [number, number][] = [];
  let step = Number.NaN;
  for (const point of points) {
    const own = Math.ceil(point[0] / stepSeconds);
    if (own === step) kept[kept.length - 1] = point;
    else kept.push(point);
    step = own;
  }
  return kept;
}

function windowOf(one: BundleSeries, fromSeconds: number, toSeconds: number, stepSeconds: number) {
  const inside = one.points.filter(([at]) => at >= fromSeconds && at <= toSeconds);
  const recorded = one.info.stepSeconds ?? 0;
  return { info: one.info, points: recorded >= stepSeconds ? inside : thinned(inside, stepSeconds) };
}

async function readWindow(bundle: Bundle, input: z.output<typeof metricsWindow.input>) {
  const { byId, gaps } = await readSeriesOf(bundle);
  const fromSeconds = Date.parse(input.from) / 1000;
  const toSeconds = Date.parse(input.to) / 1000;
  const unknown = input.series.find((id) => !byId.has(id));
  if (unknown !== undefined) {
    const message = `series: "${unknown.slice(0, 120)}" is not one that metrics_list_series gave`;
    throw new UnderstudyError('bad-input', message);
  }
  const page = pageOfList(input.series, input);
  const items = page.items.flatMap((id) => {
    const one = byId.get(id);
    return one === undefined ? [] : [windowOf(one, fromSeconds, toSeconds, input.stepSeconds)];
  });
  return { ...page, items, gaps: [...gaps] };
}

const monitorSchema = z.object({
  name: z.string(),
  state: z.enum(['ok', 'pending', 'firing', 'no-data']),
  summary: z.string().optional(),
  value: z.number().optional(),
  labels: z.record(z.string(), z.string()).default({}),
});
const monitorOrder: readonly Monitor['state'][] = ['firing', 'pending', 'no-data', 'ok'];

async function listMonitors(bundle: Bundle, input: z.output<typeof monitorsList.input>) {
  const read = await bundle.array('monitors.json', monitorSchema);
  if (read === undefined) return pageOfList([], input, { gaps: [notInBundle('monitors')] });
  const items = read.items.toSorted(
    (a, b) => monitorOrder.indexOf(a.state) - monitorOrder.indexOf(b.state) || (a.name < b.name ? -1 : 1),
  );
  return pageOfList(items, input, { gaps: read.gaps });
}

/** What `prometheus` answers from `metrics/*.om`, `metrics/series.json` and `monitors.json`. */
export function prometheusOfBundle(bundle: Bundle): ToolImplementation[] {
  return [
    implement(metricsListSeries, (input) => listSeries(bundle, input), { digest: digestSeries }),
    implement(metricsWindow, (input) => readWindow(bundle, input), { digest: digestWindows }),
    implement(monitorsList, (input) => listMonitors(bundle, input), { digest: digestMonitors }),
    implement(metricsLevels, async (input) =>
      pageOfList([], input, { gaps: [notInBundle('levels of days')] }),
    ),
    implement(metricsTargets, async (input) =>
      pageOfList([], input, { gaps: [notInBundle('scrape targets')] }),
    ),
    implement(metricsQuery, async () => {
      const message = 'not available: a bundle has no query language; use metrics_list_series';
      throw new UnderstudyError('not-supported', message);
    }),
  ];
}
