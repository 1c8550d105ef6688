import { setTimeout as sleep } from 'node:timers/promises';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { errorCodeOf } from '#domain/errors.ts';
import { type Connection, openStream } from './http.ts';

export type LiveOptions = {
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Told each time the stream is there. */
  readonly onOpen?: () => void;
  /** Told once each time the stream breaks, before it is opened again. */
  readonly onBreak?: () => void;
};

const firstPauseMs = 250;
const longestPauseMs = 5_000;

/**
 * Server-sent events as they come. A stream that breaks is opened again where it was left (`Last-Event-ID`), so that no
 * event is missed and none comes twice. Ends by throwing the signal's reason; throws when the first connection fails, or
 * when the server refuses (not found, forbidden).
 */
export async function* liveEvents(
  connection: Connection,
  options: LiveOptions,
): AsyncGenerator<EventSourceMessage> {
  let lastId: string | undefined;
  let pauseMs = firstPauseMs;
  let opened = false;
  for (;;) {
    try {
      for await (const message of readOnce(connection, options, lastId)) {
        pauseMs = firstPauseMs;
        if (message === 'open') {
          opened = true;
          options.onOpen?.();
          continue;
        }
        lastId = message.id ?? lastId;
        yield message;
      }
    } catch (error) {
      if (options.signal.aborted) throw options.signal.reason;
      if (!opened || !isPassing(error)) throw error;
    }
    options.onBreak?.();
    await sleep(pauseMs, undefined, { signal: options.signal });
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

/** A server that restarts is gone for a moment; one that says no goes on saying it. */
function isPassing(error: unknown): boolean {
  const code = errorCodeOf(error);
  // A connection that breaks in the middle is an error of the transport, which has no code of ours.
  return code === 'unavailable' || code === 'timeout' || code === 'internal';
}

async function* readOnce(
  connection: Connection,
  { path, query, signal }: LiveOptions,
  lastId: string | undefined,
): AsyncGenerator<EventSourceMessage | 'open'> {
  const stream = await openStream(connection, {
    method: 'GET',
    path,
    ...(query === undefined ? {} : { query }),
    headers: { accept: 'text/event-stream', ...(lastId === undefined ? {} : { 'last-event-id': lastId }) },
    signal,
  });
  yield 'open';
  const ready: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => ready.push(message) });
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    yield* ready.splice(0);
  }
}
