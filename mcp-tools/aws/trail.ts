import { z } from 'zod';
import type { Change } from '#domain/tools/changes.ts';
import type { TimeWindow } from '../back-ends/window.ts';
import type { AwsCall } from './access.ts';
import { type CloudEvent, type EventReader, event } from './events/event-reader.ts';
import type { Reading } from './reading.ts';

/** CloudTrail answers two look-ups a second; more pages than this would take the time of everything else. */
const maxPages = 4;

type Written = {
  readonly id: string;
  readonly at: Date;
  readonly name: string;
  readonly service: string;
  readonly user: string;
  readonly resources: readonly string[];
  readonly error: string | undefined;
};

const detailSchema = z.object({
  errorCode: z.string().optional(),
  errorMessage: z.string().optional(),
});

/** The error, where the call was refused. What was asked for is not read: it may hold passwords. */
function errorOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    const { errorCode, errorMessage } = detailSchema.parse(JSON.parse(text));
    return errorCode === undefined
      ? undefined
      : [errorCode, errorMessage].filter((one) => one !== undefined).join(': ');
  } catch {
    return undefined; // A record in another form: it changes nothing of what happened.
  }
}

/** Services that write to themselves all the time: logs, assumed roles, leases of addresses. */
const routine =
  /^(?:AssumeRole\w*|GetSessionToken|ConsoleLogin|CreateLogStream|PutLogEvents|UpdateInstanceInformation|CreateNetworkInterface|DeleteNetworkInterface|AssignPrivateIpAddresses|UnassignPrivateIpAddresses)$/;

async function readWrites(call: AwsCall, { fromMs, toMs }: TimeWindow): Promise<Reading<Written>> {
  const { CloudTrailClient, LookupEventsCommand } = await import('@aws-sdk/client-cloudtrail');
  const client = new CloudTrailClient(call.client);
  const input = {
    StartTime: new Date(fromMs),
    EndTime: new Date(toMs),
    LookupAttributes: [{ AttributeKey: 'ReadOnly' as const, AttributeValue: 'false' }],
    MaxResults: 50,
  };
  const { items, cut } = await call.list(
    'cloudtrail:LookupEvents',
    async (NextToken, sending) => {
      const page = await client.send(new LookupEventsCommand({ ...input, NextToken }), sending);
      return { items: page.Events, next: page.NextToken };
    },
    maxPages,
  );
  const written = items.flatMap((one): Written[] => {
    const { EventId: id, EventTime: at, EventName: name = '', EventSource = '', Username = '' } = one;
    if (id === undefined || at === undefined || routine.test(name)) return [];
    return [
      {
        ...{ id, at, name, user: Username },
        service: EventSource.replace(/\.amazonaws\.com$/, ''),
        resources: (one.Resources ?? []).flatMap(({ ResourceName }) => ResourceName ?? []),
        error: errorOf(one.CloudTrailEvent),
      },
    ];
  });
  const gaps = cut
    ? [`AWS CloudTrail in ${call.where}: only the newest ${items.length} writes were read`]
    : [];
  return { items: written, gaps, cut };
}

function summaryOf({ name, user, resources, error }: Written): string {
  const what = resources.length === 0 ? '' : ` on ${resources.slice(0, 5).join(', ')}`;
  const who = user === '' ? '' : ` by ${user}`;
  return `${name}${what}${who}${error === undefined ? '' : `, refused: ${error}`}`;
}

/** Who did what to the account's resources. */
export const trailEvents: EventReader = {
  name: 'CloudTrail',
  read: async (call, window) => {
    const { items, gaps, cut } = await readWrites(call, window);
    const events = items.flatMap((written): CloudEvent[] =>
      event(
        written.at,
        `cloudtrail ${written.service}`,
        summaryOf(written),
        written.error === undefined ? 'info' : 'warning',
      ),
    );
    return { items: events, gaps, cut: cut === true };
  },
};

/** The same as changes: those that were carried out. */
export async function changesOfTrail(call: AwsCall, window: TimeWindow): Promise<Reading<Change>> {
  const { items, gaps } = await readWrites(call, window);
  const changes = items
    .filter(({ error }) => error === undefined)
    .map((written): Change => {
      const [name] = written.resources;
      return {
        id: written.id,
        at: written.at.toISOString(),
        kind: 'infrastructure',
        summary: summaryOf(written),
        ...(written.user === '' ? {} : { author: written.user }),
        details: {
          provider: 'aws',
          eventName: written.name,
          eventSource: written.service,
          ...(name === undefined ? {} : { name, resources: written.resources }),
        },
      };
    });
  return { items: changes, gaps };
}
