import type { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import { cloudEvents, cloudInsights, cloudResources } from '#domain/tools/cloud.ts';
import { createWholeReader, type Whole } from '../back-ends/read-whole.ts';
import { type TimeWindow, windowOf } from '../back-ends/window.ts';
import { implement } from '../runtime/implement.ts';
import { defineToolServer, type ToolServer } from '../runtime/server.ts';
import type { ToolContext } from '../runtime/tool-context.ts';
import { type AwsAccess, type AwsOptions, openAws } from './access.ts';
import type { CloudEvent } from './events/event-reader.ts';
import { eventReaders } from './events/readers.ts';
import type { CloudInsight, InsightsAsked } from './insights/insight-reader.ts';
import { insightReaders } from './insights/readers.ts';
import { type Reader, type Reading, readAll } from './reading.ts';
import { resourceReaders } from './resources/readers.ts';
import type { CloudResource } from './resources/resource-reader.ts';

type Run = <Item, Asked>(
  tool: string,
  context: ToolContext,
  readers: readonly Reader<Item, Asked>[],
  asked: Asked,
) => Promise<Required<Reading<Item>>>;

function runWith(aws: AwsAccess, options: AwsOptions): Run {
  return async (tool, context, readers, asked) => {
    const call = aws.startCall(context.signal);
    try {
      return await readAll(readers, call.regions, asked);
    } finally {
      options.recordCost?.(tool, call.cost);
    }
  };
}

const foreign = { items: [], gaps: [], truncated: false, hint: 'only provider "aws" is configured here' };

function isOurs(provider: string | undefined): boolean {
  return provider === undefined || provider === 'aws';
}

function bounded(window: TimeWindow, { limits }: AwsAccess): TimeWindow {
  if (window.toMs - window.fromMs <= limits.maxRangeMs) return window;
  throw new UnderstudyError(
    'too-large',
    `AWS: ask for at most ${limits.maxRangeMs / 3_600_000} hours at once`,
  );
}

async function listResources(
  run: Run,
  input: z.output<typeof cloudResources.input>,
  context: ToolContext,
): Promise<Whole<CloudResource>> {
  const { type, provider } = input;
  const isWanted = (one: string): boolean =>
    type === undefined || one === type || one.toLowerCase().includes(type.toLowerCase());
  const readers = resourceReaders.filter(({ types }) => types.some(isWanted));
  const types = resourceReaders.flatMap((reader) => reader.types).join(', ');
  if (!isOurs(provider)) return foreign;
  const { items, gaps, cut } = await run('cloud_resources', context, readers, undefined);
  return {
    items: items
      .filter((one) => isWanted(one.type))
      .toSorted((a, b) => (`${a.type} ${a.id}` < `${b.type} ${b.id}` ? -1 : 1)),
    gaps,
    truncated: cut,
    hint: readers.length === 0 ? `no such type; there are ${types}` : 'the account has none in these regions',
  };
}

/** Events without a start: a change or a failover may come hours before what it does. */
const usualEventsMs = 6 * 3_600_000;

function newestFirst(a: CloudEvent, b: CloudEvent): number {
  if (a.at === b.at) return a.message < b.message ? -1 : 1;
  return a.at < b.at ? 1 : -1;
}

async function listEvents(
  run: Run,
  window: TimeWindow,
  input: z.output<typeof cloudEvents.input>,
  context: ToolContext,
): Promise<Whole<CloudEvent>> {
  if (!isOurs(input.provider)) return foreign;
  const { items, gaps, cut } = await run('cloud_events', context, eventReaders, window);
  const hint = 'nothing was said in this window';
  return { items: items.toSorted(newestFirst), gaps, truncated: cut, hint };
}

async function listInsights(
  run: Run,
  asked: InsightsAsked,
  input: z.output<typeof cloudInsights.input>,
  context: ToolContext,
): Promise<Whole<CloudInsight>> {
  if (!isOurs(input.provider)) return foreign;
  const { items, gaps, cut } = await run('cloud_insights', context, insightReaders, asked);
  const hint = 'nothing was measured in this window; is there a resource of that name?';
  return { items, gaps, truncated: cut, hint };
}

/** Reads one AWS account, in the words that all clouds share. Nothing of it is ever written. */
export function createAwsServer(options: AwsOptions): ToolServer {
  const aws = openAws(options);
  const run = runWith(aws, options);
  const readResources = createWholeReader<CloudResource>();
  const readEvents = createWholeReader<CloudEvent>();
  const readInsights = createWholeReader<CloudInsight>();
  return defineToolServer({
    name: 'cloud',
    version: '1',
    tools: [
      implement(cloudResources, (input, context) =>
        readResources(input, context, () => listResources(run, input, context)),
      ),
      implement(cloudEvents, (input, context) =>
        readEvents(input, context, (nowMs) =>
          listEvents(run, bounded(windowOf(input, nowMs, usualEventsMs), aws), input, context),
        ),
      ),
      implement(cloudInsights, (input, context) =>
        readInsights(input, context, (nowMs) => {
          const window = bounded(windowOf(input, nowMs), aws);
          const asked = { ...window, resource: input.resource, logGroups: aws.logGroups };
          return listInsights(run, asked, input, context);
        }),
      ),
    ],
  });
}
