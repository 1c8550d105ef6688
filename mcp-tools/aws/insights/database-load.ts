import type { MetricKeyDataPoints } from '@aws-sdk/client-pi';
import { settled } from '../../back-ends/settle.ts';
import type { AwsCall } from '../access.ts';
import { listDatabases } from '../resources/databases.ts';
import {
  type CloudInsight,
  type InsightReader,
  type InsightReading,
  type InsightsAsked,
  isAsked,
  round,
} from './insight-reader.ts';

/** Databases whose load is looked at where none is named. */
const mostDatabases = 8;

/**
 * What the load of a database is divided by, and under which field its name comes. Statements come without their values
 * (`tokenized`).
 */
const groups = [
  { by: 'wait', field: 'name', Group: 'db.wait_event', label: ['db.wait_event.name'], Limit: 10 },
  {
    by: 'statement',
    field: 'statement',
    Group: 'db.sql_tokenized',
    label: ['db.sql_tokenized.statement', 'db.sql_tokenized.id'],
    Limit: 10,
  },
  { by: 'user', field: 'user', Group: 'db.user', label: ['db.user.name'], Limit: 5 },
] as const;
type Group = (typeof groups)[number];

/** A period that Performance Insights keeps, for at most some hundred points. */
function periodSeconds({ fromMs, toMs }: InsightsAsked): number {
  const seconds = (toMs - fromMs) / 1_000;
  return [60, 300, 3_600].find((period) => seconds / period <= 400) ?? 86_400;
}

const mean = (values: readonly number[]): number =>
  round(values.reduce((sum, value) => sum + value, 0) / values.length);

/** What a database does now, and not what it did before the trouble, is its load. */
const latelyMs = 900_000;

function loadOf(
  key: MetricKeyDataPoints,
  group: Group,
  database: string,
  asked: InsightsAsked,
): CloudInsight[] {
  const dimensions = key.Key?.Dimensions;
  const name = group.label.map((label) => dimensions?.[label]).find((text) => text !== undefined);
  const waitType = dimensions?.['db.wait_event.type'];
  const points = (key.DataPoints ?? []).flatMap(({ Timestamp, Value }): [number, number][] =>
    Timestamp === undefined || Value === undefined || Number.isNaN(Value)
      ? []
      : [[Timestamp.getTime() / 1_000, round(Value)]],
  );
  if (points.length === 0) return [];
  const values = points.map(([, value]) => value);
  const lately = points.filter(([at]) => at * 1_000 >= asked.toMs - latelyMs).map(([, value]) => value);
  return [
    {
      provider: 'aws',
      kind: 'database-load',
      resourceType: 'AWS::RDS::DBInstance',
      resource: database,
      by: dimensions === undefined ? 'total' : group.by,
      ...(name === undefined ? {} : { [group.field]: name }),
      ...(waitType === undefined ? {} : { type: waitType }),
      unit: 'active sessions',
      periodSeconds: periodSeconds(asked),
      load: mean(lately.length > 0 ? lately : values),
      average: mean(values),
      maximum: Math.max(...values),
      last: values.at(-1),
      points,
    },
  ];
}

async function readGroup(
  call: AwsCall,
  database: { readonly name: string; readonly resourceId: string },
  group: Group,
  asked: InsightsAsked,
): Promise<CloudInsight[]> {
  const { PIClient, GetResourceMetricsCommand } = await import('@aws-sdk/client-pi');
  const client = new PIClient(call.client);
  const { Group: name, Limit } = group;
  const command = new GetResourceMetricsCommand({
    ServiceType: 'RDS',
    Identifier: database.resourceId,
    StartTime: new Date(asked.fromMs),
    EndTime: new Date(asked.toMs),
    PeriodInSeconds: periodSeconds(asked),
    MetricQueries: [{ Metric: 'db.load.avg', GroupBy: { Group: name, Limit } }],
  });
  const { MetricList = [] } = await call.ask('pi:GetResourceMetrics', (sending) =>
    client.send(command, sending),
  );
  return MetricList.flatMap((key) => loadOf(key, group, database.name, asked));
}

async function readLoad(call: AwsCall, asked: InsightsAsked): Promise<InsightReading> {
  const { items } = await listDatabases(call);
  const watched = items.flatMap(({ DBInstanceIdentifier: name, DbiResourceId: resourceId, ...database }) =>
    isAsked(name, asked) && resourceId !== undefined && database.PerformanceInsightsEnabled === true
      ? [{ name, resourceId }]
      : [],
  );
  const unwatched = items.filter(
    (one) => isAsked(one.DBInstanceIdentifier, asked) && one.PerformanceInsightsEnabled !== true,
  );
  const looked = watched.slice(0, mostDatabases);
  const results = await Promise.allSettled(
    looked.flatMap((database) => groups.map((group) => readGroup(call, database, group, asked))),
  );
  const { found, gaps } = settled(results);
  // The whole load comes with each of the three.
  const loads = found.flat();
  const totals = new Map(loads.filter(({ by }) => by === 'total').map((one) => [one.resource, one]));
  const off = unwatched.map(({ DBInstanceIdentifier: name }) => name).join(', ');
  return {
    items: [...totals.values(), ...loads.filter(({ by }) => by !== 'total')],
    gaps: [
      ...gaps,
      ...(off === '' ? [] : [`AWS Performance Insights is off for ${off}`]),
      ...(watched.length > looked.length
        ? [`AWS: the load of ${watched.length - looked.length} more databases was not looked at; name one`]
        : []),
    ],
    cut: watched.length > looked.length,
  };
}

/** What databases spend their time on, by Performance Insights: waits, statements, users. */
export const databaseLoad: InsightReader = { name: 'Performance Insights', read: readLoad };
