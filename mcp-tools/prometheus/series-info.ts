import { type Emitter, emitterSchema } from '#domain/tools/emitter.ts';
import type { SeriesInfo } from '#domain/tools/prometheus.ts';
import { edgeIn, isMeshServer } from './call-edges.ts';
import type { Labels } from './client.ts';
import { objectMetrics, processMetrics } from './known-metrics.ts';
import { labelValue, serviceOfAddress, serviceOfJob, workloadOfPod } from './label-spellings.ts';
import { formatSeriesId, type SeriesKey } from './series-id.ts';
import { recipeNamed, type Tells, workloadOfPodPrefix } from './series-recipes.ts';

const emitterFields = emitterSchema.keyof().options;

/** An emitter of the fields that have a value. */
export function emitterOf(fields: { readonly [Field in keyof Emitter]?: string | undefined }): Emitter {
  const emitter: Emitter = {};
  for (const field of emitterFields) {
    const value = fields[field];
    if (value !== undefined && value !== '') emitter[field] = value;
  }
  return emitter;
}

function madeWorkload(labels: Labels): string | undefined {
  const made = Object.keys(labels).find((label) => label.startsWith(workloadOfPodPrefix));
  return made === undefined ? undefined : labels[made];
}

/** A host's name, where need be from what Prometheus scrapes it by: `node-1:9100` → `node-1`. */
export function nodeOf(labels: Labels): string | undefined {
  return labelValue(labels, 'node') ?? labels.instance?.replace(/:\d+$/, '');
}

/** Who the labels of a series speak of. A call edge speaks of its two ends and of no single service. */
function emitterOfKey(key: SeriesKey): Emitter {
  const { labels } = key;
  const isObject = objectMetrics[key.metric] !== undefined;
  const namespace = labelValue(labels, 'namespace');
  const version = labelValue(labels, 'version');
  const pod = labelValue(labels, 'pod');
  const workload =
    madeWorkload(labels) ??
    labelValue(labels, 'workload') ??
    labels.job_name ??
    (pod === undefined ? undefined : workloadOfPod(pod));
  const job = isObject || labels.job === undefined ? undefined : serviceOfJob(labels.job);
  const service = key.service ?? labelValue(labels, 'service') ?? labels.endpoint ?? workload ?? job;

  const edge = edgeIn(key.metric, labels);
  if (edge !== undefined) {
    const to = edge.destination === undefined ? undefined : serviceOfAddress(labels[edge.destination] ?? '');
    const from = edge.source === undefined ? service : labels[edge.source];
    return emitterOf({ namespace, source: from, destination: to, version });
  }
  if (isMeshServer(labels)) return meshServer(labels);
  const node = isObject ? nodeOf(labels) : labelValue(labels, 'node');
  return emitterOf({
    namespace,
    service,
    workload,
    pod,
    container: labelValue(labels, 'container'),
    node,
    version,
  });
}

function meshServer(labels: Labels): Emitter {
  const workload = labels.destination_workload;
  return emitterOf({
    namespace: labels.destination_workload_namespace ?? labelValue(labels, 'namespace'),
    service: labels.destination_service_name ?? workload,
    workload,
    version: labels.destination_version,
  });
}

/** Units by how names end, the rule of Prometheus' naming conventions. */
const unitEndings: readonly (readonly [RegExp, string])[] = [
  [/(milliseconds|millis|_ms)$/, 'ms'],
  [/(microseconds|_us)$/, 'us'],
  [/seconds$/, 's'],
  [/bytes$/, 'bytes'],
  [/ratio$/, 'ratio'],
  [/percent(age)?$/, '%'],
  [/celsius$/, '°C'],
];

function unitOf(metric: string): string | undefined {
  const bare = metric.replace(/_(total|sum|count|bucket|max)$/, '');
  return unitEndings.find(([ending]) => ending.test(bare))?.[1];
}

/** What a gauge seems to tell, by the words of its name. */
const gaugeWords: readonly (readonly [RegExp, Tells])[] = [
  [/(^|_)(up|healthy|ready|available)(_|$)/, { signal: 'availability', badWhen: 'down' }],
  [/(error|fail|exception)/, { signal: 'errors', badWhen: 'up' }],
  [
    /(queue|backlog|pending|waiting|blocked|lag|in_?flight|connections|pool|threads|usage|used|utili[sz]ation|saturation|pause|heap)/,
    { signal: 'saturation', badWhen: 'up' },
  ],
];
const unknown: Tells = { signal: 'other', badWhen: 'either' };

function guess(key: SeriesKey, statistic: string): Tells {
  const unit = unitOf(key.metric);
  if (statistic === 'value') {
    const tells = gaugeWords.find(([words]) => words.test(key.metric))?.[1] ?? unknown;
    return unit === undefined ? tells : { ...tells, unit };
  }
  if (statistic === 'rate') return { ...unknown, unit: unit === undefined ? '1/s' : `${unit}/s` };
  const isTime = unit !== undefined && ['s', 'ms', 'us'].includes(unit);
  if (!isTime) return unit === undefined ? unknown : { ...unknown, unit };
  const isPause = /(gc|pause|event_?loop)/.test(key.metric);
  return { signal: isPause ? 'saturation' : 'latency', unit, badWhen: 'up' };
}

function tellsOf(key: SeriesKey): Tells {
  const known = objectMetrics[key.metric]?.recipes ?? processMetrics[key.metric] ?? [];
  const tells = known.find((candidate) => candidate.recipe === key.recipe)?.tells;
  if (tells !== undefined) return typeof tells === 'function' ? tells(key.labels) : tells;
  const recipe = recipeNamed(key.recipe);
  return recipe?.tells ?? guess(key, recipe?.statistic ?? 'value');
}

/** Everything that can be said of a series without asking Prometheus. */
export function seriesInfo(key: SeriesKey): SeriesInfo {
  const tells = tellsOf(key);
  const statistic = recipeNamed(key.recipe)?.statistic;
  return {
    series: formatSeriesId(key),
    name: key.metric,
    emitter: emitterOfKey(key),
    labels: { ...key.labels },
    signal: tells.signal,
    ...(tells.unit === undefined ? {} : { unit: tells.unit }),
    ...(statistic === undefined
      ? {}
      : {
          statistic:
            key.argument !== '' && statistic === 'quantile' ? `p${Number(key.argument) * 100}` : statistic,
        }),
    badWhen: tells.badWhen,
  };
}
