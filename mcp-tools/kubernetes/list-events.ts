import { z } from 'zod';
import { fromMs } from '#domain/time.ts';
import type { KubernetesEvent, kubernetesListEvents } from '#domain/tools/kubernetes.ts';
import { pageOfList } from '../runtime/paging.ts';
import type { ToolContext } from '../runtime/tool-context.ts';
import type { Clusters } from './clusters.ts';
import type { ApiResource } from './discovery.ts';
import { emptyListHint } from './empty-hints.ts';
import { listWhole } from './list-kind.ts';

type Input = z.output<typeof kubernetesListEvents.input>;

const timeSchema = z.string().nullish();

const objectSchema = z.looseObject({
  kind: z.string().default(''),
  name: z.string().default(''),
  namespace: z.string().optional(),
});

const eventSchema = z.looseObject({
  involvedObject: objectSchema,
  type: z.string().default('Normal'),
  reason: z.string().default(''),
  message: z.string().default(''),
  count: z.int().nullish(),
  firstTimestamp: timeSchema,
  lastTimestamp: timeSchema,
  eventTime: timeSchema,
  series: z.looseObject({ count: z.int().nullish(), lastObservedTime: timeSchema }).nullish(),
  source: z.looseObject({ component: z.string().optional() }).nullish(),
  reportingComponent: z.string().nullish(),
  metadata: z.looseObject({ creationTimestamp: timeSchema }),
});

/** What the newer group calls otherwise. */
const newerSchema = z.looseObject({
  regarding: z.unknown().refine((value) => value !== undefined),
  note: z.unknown().optional(),
  deprecatedCount: z.unknown().optional(),
  deprecatedFirstTimestamp: z.unknown().optional(),
  deprecatedLastTimestamp: z.unknown().optional(),
  reportingController: z.unknown().optional(),
});

/** An event of `events.k8s.io` in the words of the core group; any other as it is. */
function inCoreWords(raw: unknown): unknown {
  const parsed = newerSchema.safeParse(raw);
  if (!parsed.success) return raw;
  const event = parsed.data;
  return {
    ...event,
    involvedObject: event.regarding,
    message: event.note ?? '',
    count: event.deprecatedCount,
    firstTimestamp: event.deprecatedFirstTimestamp,
    lastTimestamp: event.deprecatedLastTimestamp,
    reportingComponent: event.reportingController,
  };
}

/** The core group's events: they hold those of `events.k8s.io` too, and every API server has them. */
const events: ApiResource = {
  group: '',
  version: 'v1',
  plural: 'events',
  kind: 'Event',
  namespaced: true,
  aliases: [],
  verbs: ['list'],
};

function instantOf(...times: readonly (string | null | undefined)[]): string | undefined {
  const time = times.find((candidate) => candidate !== null && candidate !== undefined);
  const ms = time === undefined || time === null ? Number.NaN : Date.parse(time);
  return Number.isNaN(ms) ? undefined : fromMs(ms);
}

/**
 * An event in either of its two forms, counted (`count`, `lastTimestamp`) and in series (`eventTime`, `series`), of the core
 * group or of `events.k8s.io`.
 */
export function eventOf(raw: unknown): KubernetesEvent[] {
  const parsed = eventSchema.safeParse(inCoreWords(raw));
  if (!parsed.success) return [];
  const event = parsed.data;
  const firstAt = instantOf(event.firstTimestamp, event.eventTime, event.metadata.creationTimestamp);
  const lastAt = instantOf(event.series?.lastObservedTime, event.lastTimestamp, event.eventTime, firstAt);
  const source = event.source?.component || event.reportingComponent || undefined;
  const { kind, name, namespace } = event.involvedObject;
  return [
    {
      ...(namespace === undefined ? {} : { namespace }),
      kind,
      name,
      type: event.type,
      reason: event.reason,
      message: event.message,
      count: Math.max(1, event.series?.count ?? event.count ?? 1),
      ...(firstAt === undefined ? {} : { firstAt }),
      ...(lastAt === undefined ? {} : { lastAt }),
      ...(source === undefined ? {} : { source }),
    },
  ];
}

export function newestFirst(a: KubernetesEvent, b: KubernetesEvent): number {
  if (a.lastAt !== b.lastAt) return (a.lastAt ?? '') < (b.lastAt ?? '') ? 1 : -1;
  const keyOf = (event: KubernetesEvent) => `${event.namespace}|${event.kind}|${event.name}|${event.reason}`;
  return keyOf(a) < keyOf(b) ? -1 : 1;
}

/** The API server lists events by name, so all are read before the newest are known; up to this many. */
const maxEvents = 10_000;

/** Answers `kubernetes_list_events`. */
export async function listEvents(clusters: Clusters, input: Input, { signal }: ToolContext) {
  const cluster = clusters.named(input.cluster);
  const { items, complete } = await listWhole(
    cluster.api,
    events,
    { namespace: input.namespace, signal },
    maxEvents,
  );
  const sinceMs = input.since === undefined ? undefined : Date.parse(input.since);
  const found = items
    .flatMap(eventOf)
    .filter((event) => sinceMs === undefined || Date.parse(event.lastAt ?? '') >= sinceMs)
    .toSorted(newestFirst);
  const gaps = complete ? [] : [`events: more than ${maxEvents} here, some were not read`];
  const hint =
    found.length > 0
      ? undefined
      : items.length > 0
        ? `${items.length} older events before ${input.since}`
        : await emptyListHint(cluster, [events], { namespace: input.namespace, signal });
  return pageOfList(found, input, { gaps, hint });
}
