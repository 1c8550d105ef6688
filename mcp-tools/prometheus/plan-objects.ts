import type { Emitter } from '#domain/tools/emitter.ts';
import type { Labels } from './client.ts';
import { canCook, type KnownMetric, objectMetrics } from './known-metrics.ts';
import { type Concept, spellingIn, spellings, workloadOfPod } from './label-spellings.ts';
import type { PlanContext, Row } from './plan-context.ts';
import type { SeriesKey } from './series-id.ts';
import { seriesInfo } from './series-info.ts';

const isConcept = (key: string): key is Concept => Object.hasOwn(spellings, key);

/** The label of this row that says a key; hosts without a name of their own are known by the address of their exporter. */
function labelFor(key: string, labels: Labels): string | undefined {
  const spelling = isConcept(key) ? spellingIn(labels, key) : key;
  if (key === 'node') return spelling ?? (labels.instance === undefined ? undefined : 'instance');
  return spelling;
}

/** The labels that tell the series of a known metric apart; undefined where the row is not one of them. */
function identityOf(known: KnownMetric, labels: Labels): Labels | undefined {
  const only = Object.entries(known.only ?? {});
  const ofNode = known.keys.includes('node');
  const keys = ['cluster', ...(ofNode ? [] : ['namespace']), ...known.keys, ...only.map(([key]) => key)];
  const identity: Record<string, string> = {};
  for (const key of keys) {
    const label = labelFor(key, labels);
    const value = label === undefined ? undefined : labels[label];
    if (label !== undefined && value !== undefined && value !== '') identity[label] = value;
  }
  const fits = only.every(([key, form]) => form.test(identity[labelFor(key, labels) ?? ''] ?? ''));
  const isTold = known.keys.every((key) => identity[labelFor(key, labels) ?? ''] !== undefined);
  return fits && isTold ? identity : undefined;
}

function matches(emitter: Emitter, asked: Emitter): boolean {
  const names = [emitter.service, emitter.workload];
  return (
    asked.source === undefined &&
    asked.destination === undefined &&
    asked.version === undefined &&
    (asked.service === undefined || names.includes(asked.service)) &&
    (['namespace', 'workload', 'pod', 'container', 'node'] as const).every(
      (field) => asked[field] === undefined || emitter[field] === asked[field],
    )
  );
}

/** The series of a row of cAdvisor, kube-state-metrics or the node exporter that speak of what is asked. */
export function planObject(row: Row, context: PlanContext): SeriesKey[] {
  const known = objectMetrics[row.name];
  const labels = known === undefined ? undefined : identityOf(known, row.labels);
  if (known === undefined || labels === undefined) return [];
  return known.recipes.flatMap((cooked) => {
    if (!canCook(cooked, context.found)) return [];
    const { recipe } = cooked;
    const key: SeriesKey = { recipe, argument: '', metric: row.name, labels };
    const { emitter } = seriesInfo(key);
    const workload = emitter.workload ?? (emitter.pod === undefined ? undefined : workloadOfPod(emitter.pod));
    const told = context.serviceOfWorkload.get(`${emitter.namespace ?? ''}/${workload ?? ''}`);
    const named = told === undefined || told === emitter.service ? key : { ...key, service: told };
    return matches({ ...emitter, ...(told === undefined ? {} : { service: told }) }, context.asked)
      ? [named]
      : [];
  });
}
