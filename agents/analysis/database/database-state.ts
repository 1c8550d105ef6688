import { z } from 'zod';
import type { AgentView } from '#domain/agent-turn.ts';
import type { ObjectRef } from '#domain/object-ref.ts';
import { type Instant, toMs } from '#domain/time.ts';
import { cloudEvents, cloudInsights, cloudResources } from '#domain/tools/cloud.ts';
import { metricsWindow, type SeriesInfo, type SeriesWindow } from '#domain/tools/prometheus.ts';
import { answersOf } from '../../answers.ts';
import { type Gauge, type GaugeName, gaugeOf, readGauge } from './gauges.ts';
import { type Load, loadOf } from './insights.ts';

export type DatabaseEvent = { readonly at: Instant; readonly message: string; readonly evidenceId: string };

/** What is known of a managed database around the trouble. */
export type DatabaseState = {
  readonly ref: ObjectRef;
  readonly properties: Readonly<Record<string, unknown>>;
  /** Newest first. */
  readonly events: readonly DatabaseEvent[];
  readonly gauges: ReadonlyMap<GaugeName, Gauge>;
  readonly load: (Load & { readonly evidenceId: string }) | undefined;
};

const databaseTypes =
  /\brds\b|dbinstance|dbcluster|aurora|cloud ?sql|sqladmin|database|postgres|mysql|maria|docdb|documentdb|neptune|redshift|spanner|cosmos|mongo/i;

type Named = {
  readonly id: string;
  readonly name: string | undefined;
  readonly properties: Readonly<Record<string, unknown>>;
};

function databasesIn(view: Pick<AgentView, 'evidence'>): Named[] {
  return answersOf(view, cloudResources)
    .flatMap(({ output }) => output.items)
    .filter(({ type }) => databaseTypes.test(type))
    .map(({ id, name, properties }) => ({ id, name, properties }));
}

/** Whether a series is of a database: one of its labels is the database's name. */
function isOf({ labels }: SeriesInfo, names: readonly string[]): boolean {
  return Object.values(labels).some((value) => names.includes(value));
}

type Window = SeriesWindow & { readonly evidenceId: string };

/** The points of the time around the alert, of every series once. */
function windowsOf(view: Pick<AgentView, 'evidence'>, fromMs: number): Window[] {
  const parts = answersOf(view, metricsWindow).flatMap(({ evidenceId, output }) =>
    output.items.map((item) => ({ ...item, evidenceId })),
  );
  return [...Map.groupBy(parts, ({ info }) => info.series).values()].flatMap((same) => {
    const [first] = same;
    const points = [...new Map(same.flatMap((part) => part.points))]
      .filter(([at]) => at * 1000 >= fromMs)
      .toSorted(([a], [b]) => a - b);
    // The evidence that holds the last points is the one to quote from.
    const last = same.toSorted((a, b) => (b.points.at(-1)?.[0] ?? 0) - (a.points.at(-1)?.[0] ?? 0))[0];
    return first === undefined || last === undefined
      ? []
      : [{ info: first.info, points, evidenceId: last.evidenceId }];
  });
}

function gaugesOf(windows: readonly Window[], names: readonly string[]): Map<GaugeName, Gauge> {
  const gauges = new Map<GaugeName, Gauge>();
  for (const window of windows) {
    const name = isOf(window.info, names) ? gaugeOf(window.info) : undefined;
    const gauge = name === undefined ? undefined : readGauge(name, window, window.evidenceId);
    // The first series of a name counts; statistics of one figure say the same.
    if (name !== undefined && gauge !== undefined && !gauges.has(name)) gauges.set(name, gauge);
  }
  return gauges;
}

const ownerSchema = z.record(z.string(), z.unknown());

/** Whether an insight speaks of a database: some field of it is the database's name; one alone speaks of the only one. */
function speaksOf(insight: unknown, names: readonly string[], alone: boolean): boolean {
  const fields = ownerSchema.safeParse(insight).data ?? {};
  return alone || Object.values(fields).some((value) => typeof value === 'string' && names.includes(value));
}

const lookBackMs = 2 * 3600_000;
const gaugeLookBackMs = 1800_000;

/** Every database that the cloud tells of, and those that the alerts name. */
export function databasesOf(
  view: Pick<AgentView, 'evidence' | 'asOf'>,
  subject: { readonly cluster: string; readonly objects: readonly ObjectRef[]; readonly startsAt: Instant },
): DatabaseState[] {
  const told = databasesIn(view);
  const named = subject.objects
    .filter(({ kind, name }) => kind === 'Database' && !told.some((one) => [one.id, one.name].includes(name)))
    .map(({ name }) => ({ id: name, name: undefined, properties: {} }));
  const all = [...told, ...named];
  if (all.length === 0) return [];
  const windows = windowsOf(view, toMs(subject.startsAt) - gaugeLookBackMs);
  const events = answersOf(view, cloudEvents).flatMap(({ evidenceId, output }) =>
    output.items.map((event) => ({ ...event, evidenceId })),
  );
  const insights = answersOf(view, cloudInsights).flatMap(({ evidenceId, output }) =>
    output.items.map((insight) => ({ insight, evidenceId })),
  );
  return all.map(({ id, name, properties }) => {
    const names = [id, ...(name === undefined ? [] : [name])];
    const own = insights.find(({ insight }) => speaksOf(insight, names, all.length === 1));
    const load = own === undefined ? undefined : loadOf(own.insight);
    return {
      ref: { cluster: subject.cluster, kind: 'Database', name: id },
      properties,
      events: events
        .filter(({ source, message }) => names.includes(source) || names.some((one) => message.includes(one)))
        .filter(({ at }) => toMs(at) >= toMs(subject.startsAt) - lookBackMs && toMs(at) <= toMs(view.asOf))
        .map(({ at, message, evidenceId }) => ({ at, message, evidenceId }))
        .toSorted((a, b) => toMs(b.at) - toMs(a.at)),
      gauges: gaugesOf(windows, names),
      load: load === undefined || own === undefined ? undefined : { ...load, evidenceId: own.evidenceId },
    };
  });
}
