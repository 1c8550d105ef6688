import type { Client, WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { UnderstudyError } from '#domain/errors.ts';
import { fromMs, type Instant } from '#domain/time.ts';
import { signalNames, workflowTypes } from '#workflows/contracts.ts';

/** A `decide` signal as Temporal recorded it. */
export type DecideEvent = {
  readonly eventId: number;
  /** When the Temporal server received it; no sender has a say in it. */
  readonly at: Instant;
  /** What was sent: anything at all; undefined where it could not even be decoded. */
  readonly payload: unknown;
  /** What the sender called itself. A claim, not a proof. */
  readonly claimedIdentity: string;
};

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;
type HistoryEvent = NonNullable<History['events']>[number];

function timeOf(event: HistoryEvent): Instant {
  const { seconds, nanos } = event.eventTime ?? {};
  return fromMs(Number(seconds ?? 0) * 1000 + Math.trunc((nanos ?? 0) / 1e6));
}

function payloadOf(event: HistoryEvent): unknown {
  const payload = event.workflowExecutionSignaledEventAttributes?.input?.payloads?.[0];
  if (payload === undefined || payload === null) return undefined;
  try {
    return defaultPayloadConverter.fromPayload(payload);
  } catch {
    // Whoever sends bytes that are no JSON has sent no decision; the judge records it as malformed.
    return undefined;
  }
}

function decideEventOf(event: HistoryEvent): DecideEvent[] {
  const attributes = event.workflowExecutionSignaledEventAttributes;
  if (attributes?.signalName !== signalNames.decide) return [];
  return [
    {
      eventId: Number(event.eventId),
      at: timeOf(event),
      payload: payloadOf(event),
      claimedIdentity: attributes.identity ?? '',
    },
  ];
}

/** Reads every `decide` signal of a remediation's run, in the order of the history. */
export async function readDecideEvents(
  client: Client,
  target: { readonly workflowId: string; readonly runId: string },
): Promise<DecideEvent[]> {
  const { events } = await client.workflow.getHandle(target.workflowId, target.runId).fetchHistory();
  const type = events?.[0]?.workflowExecutionStartedEventAttributes?.workflowType?.name;
  if (type !== workflowTypes.remediation) {
    throw new UnderstudyError(
      'forbidden',
      `${target.workflowId} is a ${type ?? 'nothing'}, not a remediation`,
    );
  }
  return (events ?? []).flatMap(decideEventOf);
}
