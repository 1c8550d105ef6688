import pLimit from 'p-limit';
import { fromMs } from '#domain/time.ts';
import type { LogLine } from '#domain/tools/logs.ts';
import { settled } from '../../back-ends/settle.ts';
import { parseLogLine } from '../../logs/log-line.ts';
import { minePatterns } from '../../logs/mine-patterns.ts';
import type { AwsCall } from '../access.ts';
import type { CloudInsight, InsightReader, InsightReading, InsightsAsked } from './insight-reader.ts';

/** Where RDS and EKS write to, when they are told to; a database's groups are below its name. */
const prefixes = ['/aws/rds/', '/aws/eks/'] as const;
const mostGroups = 12;
const groupsAtOnce = 3;
/** Pages of 10,000 events or 1 MiB. */
const pagesOfGroup = 3;

async function groupsBelow(call: AwsCall, logGroupNamePrefix: string): Promise<string[]> {
  const { CloudWatchLogsClient, DescribeLogGroupsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
  const client = new CloudWatchLogsClient(call.client);
  const { items } = await call.list(
    'logs:DescribeLogGroups',
    async (nextToken, sending) => {
      const page = await client.send(
        new DescribeLogGroupsCommand({ logGroupNamePrefix, nextToken }),
        sending,
      );
      return { items: page.logGroups, next: page.nextToken };
    },
    3,
  );
  return items.flatMap(({ logGroupName }) => logGroupName ?? []);
}

function isOfResource(group: string, { resource, logGroups }: InsightsAsked): boolean {
  return resource === undefined || logGroups.includes(group) || group.split('/').includes(resource);
}

type GroupRead = { readonly lines: LogLine[]; readonly cut: boolean };

/** CloudWatch's filter for lines that hold any of these words. */
const graveFilter = [
  'ERROR',
  'Error',
  'error',
  'FATAL',
  'PANIC',
  'WARN',
  'warn',
  'Exception',
  'fail',
  'timeout',
  'denied',
]
  .map((word) => `?${word}`)
  .join(' ');

async function readGroup(call: AwsCall, logGroupName: string, window: InsightsAsked): Promise<GroupRead> {
  const { CloudWatchLogsClient, FilterLogEventsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
  const client = new CloudWatchLogsClient(call.client);
  const input = { logGroupName, startTime: window.fromMs, endTime: window.toMs, filterPattern: graveFilter };
  const { items, cut } = await call.list(
    'logs:FilterLogEvents',
    async (nextToken, sending) => {
      const page = await client.send(new FilterLogEventsCommand({ ...input, nextToken }), sending);
      return { items: page.events, next: page.nextToken };
    },
    pagesOfGroup,
  );
  const lines = items.flatMap(({ timestamp, message, logStreamName }): LogLine[] => {
    if (message === undefined) return [];
    const text = message.replace(/\n$/, '');
    const { level } = parseLogLine(text);
    const emitter = { service: logGroupName, ...(logStreamName === undefined ? {} : { pod: logStreamName }) };
    return [
      {
        ...(timestamp === undefined ? {} : { at: fromMs(timestamp) }),
        ...{ emitter: { ...emitter, workload: logGroupName }, message: text, previous: false },
        ...(level === undefined ? {} : { level }),
      },
    ];
  });
  return { lines, cut };
}

function insightsOf(
  logGroup: string,
  { lines }: GroupRead,
  { fromMs: from, toMs: to }: InsightsAsked,
): CloudInsight[] {
  return minePatterns(lines, { fromMs: from, toMs: to, baseline: undefined }, 'any')
    .slice(0, 50)
    .map(({ sample, template, level, count, firstAt, lastAt }) => ({
      provider: 'aws',
      kind: 'log-pattern',
      resource: logGroup,
      ...{ sample, template, count },
      ...(level === undefined ? {} : { level }),
      ...(firstAt === undefined ? {} : { firstAt }),
      ...(lastAt === undefined ? {} : { lastAt }),
    }));
}

async function readLogs(call: AwsCall, asked: InsightsAsked): Promise<InsightReading> {
  const found = await Promise.all(prefixes.map((prefix) => groupsBelow(call, prefix)));
  const groups = [...new Set([...asked.logGroups, ...found.flat()])].filter((group) =>
    isOfResource(group, asked),
  );
  const looked = groups.slice(0, mostGroups);
  const limit = pLimit(groupsAtOnce);
  const results = await Promise.allSettled(
    looked.map((group) => limit(async () => ({ group, read: await readGroup(call, group, asked) }))),
  );
  const { found: read, gaps } = settled(results);
  const left = groups.length - looked.length;
  const cutGroups = read.filter((one) => one.read.cut).map(({ group }) => group);
  return {
    items: read.flatMap((one) => insightsOf(one.group, one.read, asked)),
    gaps: [
      ...gaps,
      ...(left > 0
        ? [`AWS CloudWatch Logs: ${left} more log groups were not looked at; name a resource`]
        : []),
      ...(cutGroups.length > 0
        ? [`AWS CloudWatch Logs: only the first lines of trouble of ${cutGroups.join(', ')}`]
        : []),
    ],
    cut: left > 0 || cutGroups.length > 0,
  };
}

/** Lines of trouble in the log groups of databases and clusters, and in those that are configured, by template. */
export const logInsights: InsightReader = { name: 'CloudWatch Logs', read: readLogs };
