import {
  startWire,
  type WireAnswer,
  type WireRequest,
  type WireServer,
} from '../../back-ends/testing/wire-server.ts';

/**
 * What moto has not: the state history of alarms, CloudTrail's look-up and Performance Insights are answered at the wire, after
 * AWS' API references; everything else goes to the moto server behind. For tests.
 */
export function startBeforeMoto(motoUrl: string, nowMs: number): Promise<WireServer> {
  const seconds = nowMs / 1_000;
  const answers: Readonly<Record<string, (request: WireRequest) => unknown>> = {
    DescribeAlarmHistory: () => ({
      AlarmHistoryItems: [
        {
          ...{ AlarmName: 'orders-db connections', HistoryItemType: 'StateUpdate' },
          ...{ HistorySummary: 'Alarm updated from OK to ALARM', Timestamp: seconds - 200 },
        },
      ],
    }),
    LookupEvents: ({ body }) => trailPage(body, seconds),
    GetResourceMetrics: ({ body }) => databaseLoad(body, seconds),
  };
  return startWire(async (request) => {
    const operation =
      String(request.headers['x-amz-target'] ?? '')
        .split('.')
        .at(-1) ?? '';
    const own = answers[operation];
    if (own !== undefined) return { body: own(request), type: 'application/x-amz-json-1.1' };
    return forwarded(motoUrl, request);
  });
}

const trailOfPages = [
  {
    ...{ EventId: 'e-1', EventName: 'ModifyDBInstance', EventSource: 'rds.amazonaws.com', Username: 'ana' },
    Resources: [{ ResourceType: 'AWS::RDS::DBInstance', ResourceName: 'orders-db' }],
    CloudTrailEvent: '{"requestParameters":{"masterUserPassword":"correct-horse"}}',
  },
  {
    EventId: 'e-2',
    EventName: 'AssumeRole',
    EventSource: 'sts.amazonaws.com',
    Username: 'robot',
    CloudTrailEvent: '{}',
  },
  {
    ...{ EventId: 'e-3', EventName: 'DeleteDBInstance', EventSource: 'rds.amazonaws.com', Username: 'bob' },
    Resources: [{ ResourceType: 'AWS::RDS::DBInstance', ResourceName: 'orders-db' }],
    CloudTrailEvent: '{"errorCode":"AccessDenied","errorMessage":"bob may not"}',
  },
];

/** One event a page. */
function trailPage(body: string, seconds: number): unknown {
  const place = Number(/"NextToken":"(\d)"/.exec(body)?.[1] ?? 0);
  const event = trailOfPages[place];
  return {
    Events: event === undefined ? [] : [{ ...event, EventTime: seconds - 300 - place }],
    ...(place + 1 < trailOfPages.length ? { NextToken: String(place + 1) } : {}),
  };
}

/** The load of a database: mostly waiting for a lock, in one statement. */
function databaseLoad(body: string, seconds: number): unknown {
  const group = /"Group":"(db\.[a-z_]+)"/.exec(body)?.[1] ?? '';
  const points = (values: readonly number[]) =>
    values.map((Value, index) => ({ Timestamp: seconds - 1_200 + index * 1_140, Value }));
  const dimensions: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    'db.wait_event': { 'db.wait_event.name': 'transactionid', 'db.wait_event.type': 'Lock' },
    'db.sql_tokenized': { 'db.sql_tokenized.statement': 'UPDATE orders SET state = ? WHERE id = ?' },
    'db.user': { 'db.user.name': 'shop' },
  };
  return {
    MetricList: [
      { Key: { Metric: 'db.load.avg' }, DataPoints: points([2, 30]) },
      { Key: { Metric: 'db.load.avg', Dimensions: dimensions[group] }, DataPoints: points([1, 28]) },
    ],
  };
}

async function forwarded(
  motoUrl: string,
  { method, target, headers, body }: WireRequest,
): Promise<WireAnswer> {
  const { host: _host, connection: _connection, 'content-length': _length, ...rest } = headers;
  const sent = Object.entries(rest).map(([name, value]): [string, string] => [name, String(value)]);
  const answer = await fetch(`${motoUrl}${target}`, {
    method,
    headers: sent,
    ...(body === '' ? {} : { body }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    type: answer.headers.get('content-type') ?? 'text/plain',
    // moto leaves out whether Performance Insights is on.
    body: text.replaceAll(
      '<DBInstanceStatus>',
      '<PerformanceInsightsEnabled>true</PerformanceInsightsEnabled><DBInstanceStatus>',
    ),
  };
}
