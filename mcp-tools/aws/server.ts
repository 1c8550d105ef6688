import type { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import { cloudEvents, cloudInsights, cloudResources } from '#domain/tools/cloud.ts';
import {
  nowFor,
  readFrozenCursor,
  type TimeWindow,
  windowOf,
  withFrozenCursor,
} from '../back-ends/window.ts';
import { implement } from '../runtime/implement.ts';
import { pageOfList } from '../runtime/paging.ts';
import { defineToolServer, type ToolServer } from '../runtime/server.ts';
import type { ToolContext } from '../runtime/tool-context.ts';
import { type AwsAccess, type AwsOptions, openAws } from './access.ts';
import { eventReaders } from './events/readers.ts';
import { insightReaders } from './insights/readers.ts';
import { type Reader, type Reading, readAll } from './reading.ts';
import { resourceReaders } from './resources/readers.ts';

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

const nothing = { items: [], gaps: [], cut: false };

function isOurs(provider: string | undefined): boolean {
  return provider === undefined || provider === 'aws';
}

const foreign = 'only provider "aws" is configured here';

function bounded(window: TimeWindow, { limits }: AwsAccess): TimeWindow {
  if (window.toMs - window.fromMs <= limits.maxRangeMs) return window;
  throw new UnderstudyError(
    'too-large',
    `AWS: ask for at most ${limits.maxRangeMs / 3_600_000} hours at once`,
  );
}

async function listResources(run: Run, input: z.output<typeof cloudResources.input>, context: ToolContext) {
  const { type, provider } = input;
  const isWanted = (one: string): boolean =>
    type === undefined || one === type || one.toLowerCase().includes(type.toLowerCase());
  const readers = resourceReaders.filter(({ types }) => types.some(isWanted));
  const types = resourceReaders.flatMap((reader) => reader.types).join(', ');
  const { items, gaps, cut } = isOurs(provider)
    ? await run('cloud_resources', context, readers, undefined)
    : nothing;
  const wanted = items
    .filter((one) => isWanted(one.type))
    .toSorted((a, b) => (`${a.type} ${a.id}` < `${b.type} ${b.id}` ? -1 : 1));
  const none =
    readers.length === 0 ? `no such type; there are ${types}` : 'the account has none in these regions';
  const hint = wanted.length > 0 ? undefined : isOurs(provider) ? none : foreign;
  const page = pageOfList(wanted, input, { gaps, hint });
  return { ...page, truncated: page.truncated || cut };
}

async function listEvents(
  run: Run,
  aws: AwsAccess,
  input: z.output<typeof cloudEvents.input>,
  context: ToolContext,
) {
  const { offset, nowMs } = readFrozenCursor(input.cursor, nowFor(context));
  const window = bounded(windowOf(input, nowMs), aws);
  const { items, gaps, cut } = isOurs(input.provider)
    ? await run('cloud_events', context, eventReaders, window)
    : nothing;
  const newestFirst = items.toSorted((a, b) =>
    a.at === b.at ? (a.message < b.message ? -1 : 1) : a.at < b.at ? 1 : -1,
  );
  const hint =
    items.length > 0 ? undefined : isOurs(input.provider) ? 'nothing was said in this window' : foreign;
  const page = pageOfList(newestFirst, { limit: input.limit, cursor: offset }, { gaps, hint });
  return withFrozenCursor({ ...page, truncated: page.truncated || cut }, nowMs);
}

async function listInsights(
  run: Run,
  aws: AwsAccess,
  input: z.output<typeof cloudInsights.input>,
  context: ToolContext,
) {
  const { offset, nowMs } = readFrozenCursor(input.cursor, nowFor(context));
  const window = bounded(windowOf(input, nowMs), aws);
  const asked = { ...window, resource: input.resource, logGroups: aws.logGroups };
  const { items, gaps, cut } = isOurs(input.provider)
    ? await run('cloud_insights', context, insightReaders, asked)
    : nothing;
  const none = 'nothing was measured in this window; is there a resource of that name?';
  const hint = items.length > 0 ? undefined : isOurs(input.provider) ? none : foreign;
  const page = pageOfList(items, { limit: input.limit, cursor: offset }, { gaps, hint });
  return withFrozenCursor({ ...page, truncated: page.truncated || cut }, nowMs);
}

/** Reads one AWS account, in the words that all clouds share. Nothing of it is ever written. */
export function createAwsServer(options: AwsOptions): ToolServer {
  const aws = openAws(options);
  const run = runWith(aws, options);
  return defineToolServer({
    name: 'cloud',
    version: '1',
    tools: [
      implement(cloudResources, (input, context) => listResources(run, input, context)),
      implement(cloudEvents, (input, context) => listEvents(run, aws, input, context)),
      implement(cloudInsights, (input, context) => listInsights(run, aws, input, context)),
    ],
  });
}
