import { z } from 'zod';
import type { ToolOutput } from '#domain/tools/define-tool.ts';
import type { Emitter } from '#domain/tools/emitter.ts';
import { type metricsListSeries, type SeriesInfo, signals } from '#domain/tools/prometheus.ts';
import { nearestWords } from '../kubernetes/did-you-mean.ts';
import { pageOfList } from '../runtime/paging.ts';
import type { ToolContext } from '../runtime/tool-context.ts';
import { momentOf, type PrometheusBackEnd } from './back-end.ts';
import type { PrometheusCall } from './client.ts';
import { discover } from './discover.ts';
import { spellings } from './label-spellings.ts';
import { planSeries } from './plan-series.ts';
import { seriesInfo } from './series-info.ts';

/** The signals that tell most come first: a limit then cuts what matters least. */
const signalOrder: readonly SeriesInfo['signal'][] = [
  ...(['errors', 'latency', 'traffic', 'availability', 'restarts', 'throttling', 'saturation'] as const),
  'other',
];

/** The signals that tell most come first. */
export function compareInfos(a: SeriesInfo, b: SeriesInfo): number {
  const bySignal = signalOrder.indexOf(a.signal) - signalOrder.indexOf(b.signal);
  if (bySignal !== 0) return bySignal;
  return a.series < b.series ? -1 : a.series > b.series ? 1 : 0;
}

const fieldSpellings = {
  namespace: spellings.namespace,
  service: spellings.service,
  workload: spellings.service,
  pod: spellings.pod,
  node: spellings.node,
  source: spellings.service,
  destination: spellings.destination,
} as const satisfies Partial<Record<keyof Emitter, readonly string[]>>;

/** Most values of a label that are looked through for a word that is near. */
const mostWords = 2000;

/** For an emitter of which nothing was found: which of its words Prometheus does not know, and what is near them. */
async function hintFor(call: PrometheusCall, held: ReadonlySet<string>, asked: Emitter): Promise<string> {
  const hints: string[] = [];
  for (const [field, names] of Object.entries(fieldSpellings)) {
    const word = Object.entries(asked).find(([name]) => name === field)?.[1];
    if (word === undefined) continue;
    const values = await Promise.all(
      names
        .filter((name) => held.has(name))
        .map((name) => call.get(`label/${name}/values`, { limit: `${mostWords}` }, z.array(z.string()))),
    );
    const known = values.flat();
    if (known.includes(word)) continue;
    const near = nearestWords(word, known);
    const mean = near.length === 0 ? '' : `; did you mean ${near.map((value) => `"${value}"`).join(', ')}?`;
    hints.push(`Prometheus knows no ${field} "${word}"${mean}`);
  }
  const nothing = 'nothing speaks of this emitter; leave out a field, or ask metrics_targets what is scraped';
  return hints.length === 0 ? nothing : hints.join('; ');
}

/** Whether a series is of the cluster that is asked for; an unlabelled one is of the back end's own. */
function isOfCluster(info: SeriesInfo, asked: string | undefined, own: string): boolean {
  return asked === undefined || (info.labels.cluster ?? own) === asked;
}

export async function listSeries(
  backEnd: PrometheusBackEnd,
  input: z.output<(typeof metricsListSeries)['input']>,
  context: ToolContext,
): Promise<ToolOutput<typeof metricsListSeries>> {
  return await backEnd.during('metrics_list_series', context, async (call) => {
    const found = await discover(call, backEnd.memory, input.emitter, momentOf(context));
    const wanted = input.signals ?? signals;
    const infos = planSeries(found.rows, found.context)
      .map(seriesInfo)
      .filter((info) => wanted.includes(info.signal) && isOfCluster(info, input.cluster, backEnd.cluster))
      .sort(compareInfos);
    if (infos.length > 0) return pageOfList(infos, input);
    const held = await backEnd.memory.labelNames(call);
    return pageOfList(infos, input, { hint: await hintFor(call, held, input.emitter) });
  });
}
