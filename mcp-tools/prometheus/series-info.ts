import { meaningOfName, nameWithout, unitOfName } from '#domain/metric-words.ts';
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

const timeUnits: ReadonlySet<string> = new Set(['s', 'ms', 'us', 'ns']);

/** What the name says, where nobody knows better. */
function guess(metric: string, statistic: string, speaker: string | undefined): Tells {
  const { signal, badWhen } = meaningOfName(nameWithout(metric, speaker));
  const unit = unitOfName(metric);
  if (statistic === 'value') return { signal, badWhen, ...(unit === undefined ? {} : { unit }) };
  // What is counted and is no request may be anything: more or less of it is no trouble.
  const plain =
    signal === 'traffic' ? ({ signal: 'other', badWhen: 'either' } as const) : { signal, badWhen };
  if (statistic === 'rate') return { ...plain, unit: unit === undefined ? '1/s' : `${unit}/s` };
  if (unit === undefined) return plain;
  // A time is a latency, unless it is one that a disk takes, a collector or a queue.
  const isLatency = timeUnits.has(unit) && plain.signal === 'other' && plain.badWhen === 'either';
  return isLatency ? { signal: 'latency', unit, badWhen: 'up' } : { ...plain, unit };
}

function toldOf(key: SeriesKey): Tells | undefined {
  const known = objectMetrics[key.metric]?.recipes ?? processMetrics[key.metric] ?? [];
  const tells = known.find((candidate) => candidate.recipe === key.recipe)?.tells;
  if (tells !== undefined) return typeof tells === 'function' ? tells(key.labels) : tells;
  return recipeNamed(key.recipe)?.tells;
}

/** Everything that can be said of a series without asking Prometheus. */
export function seriesInfo(key: SeriesKey): SeriesInfo {
  const statistic = recipeNamed(key.recipe)?.statistic;
  const emitter = emitterOfKey(key);
  const told = toldOf(key);
  const speaker = emitter.service ?? emitter.workload ?? emitter.source;
  const tells = told ?? guess(key.metric, statistic ?? 'value', speaker);
  return {
    series: formatSeriesId(key),
    name: key.metric,
    emitter,
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
    ...(told === undefined ? { guessed: true as const } : {}),
  };
}
