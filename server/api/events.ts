import type { Context } from 'hono';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import { UnderstudyError } from '#domain/errors.ts';
import { type IncidentEvent, incidentEventSchema } from '#domain/incident.ts';
import { eventsAfter, lastEventSeq } from '#store/events.ts';
import { inTenant } from '#store/pool.ts';
import type { AppEnv } from '../http/env.ts';
import type { ApiDeps } from './deps.ts';
import type { Api } from './route.ts';
import { eventQuerySchema, problemSchema } from './schemas.ts';

/** Comments that keep proxies from closing a quiet stream, and show a dead one. */
const heartbeatMs = 15_000;
const reconnectMs = 2_000;
const pageSize = 500;
/** A reader who is further behind is cut off; it comes back with `Last-Event-ID` and reads on from the store. */
const mostBuffered = 5_000;
const mostStreamsOfUser = 50;

/** A reader who takes nothing for so long is cut off too: it has stopped, or its connection is half open. */
const writeTimeoutMs = 30_000;

/** What a stream still has to send, and how it is woken and ended. */
type Outgoing = {
  readonly buffer: IncidentEvent[];
  readonly end: () => void;
  readonly whenEnded: Promise<void>;
  wake: () => void;
  ended: boolean;
};

function newOutgoing(): Outgoing {
  const { promise: whenEnded, resolve } = Promise.withResolvers<void>();
  const outgoing: Outgoing = {
    ...{ buffer: [], whenEnded, wake: () => undefined, ended: false },
    end: () => {
      outgoing.ended = true;
      outgoing.buffer.length = 0;
      outgoing.wake();
      resolve();
    },
  };
  return outgoing;
}

/** Waits until something is written, or until the stream has ended: a reader who does not read never takes it. */
async function written(outgoing: Outgoing, writing: Promise<unknown>): Promise<void> {
  const timer = setTimeout(outgoing.end, writeTimeoutMs);
  await Promise.race([writing, outgoing.whenEnded]);
  clearTimeout(timer);
}

async function startSeq(deps: ApiDeps, c: Context<AppEnv>): Promise<number> {
  const { after } = eventQuerySchema.parse(c.req.query());
  const last = Number(c.req.header('last-event-id'));
  if (Number.isSafeInteger(last) && last > 0) return last;
  if (after === 'latest') return inTenant(deps.store, deps.tenant, lastEventSeq);
  return after ?? 0;
}

async function send(stream: SSEStreamingApi, outgoing: Outgoing, event: IncidentEvent): Promise<void> {
  if (outgoing.ended) return;
  const message = { id: String(event.seq), event: event.type, data: JSON.stringify(event) };
  await written(outgoing, stream.writeSSE(message));
}

/** What was written before the stream began, page by page up to where the live part takes over. */
async function replay(
  deps: ApiDeps,
  stream: SSEStreamingApi,
  from: { readonly seq: number; readonly toSeq: number; readonly incidentId?: string },
  outgoing: Outgoing,
): Promise<number> {
  let { seq } = from;
  while (!outgoing.ended && seq < from.toSeq) {
    const { incidentId } = from;
    const query = { seq, limit: pageSize, ...(incidentId === undefined ? {} : { incidentId }) };
    const events = await inTenant(deps.store, deps.tenant, (tx) => eventsAfter(tx, query));
    for (const event of events) await send(stream, outgoing, event);
    seq = events.at(-1)?.seq ?? seq;
    if (events.length < pageSize) break;
  }
  return Math.max(seq, from.toSeq);
}

async function sendLive(stream: SSEStreamingApi, outgoing: Outgoing, fromSeq: number): Promise<void> {
  let seq = fromSeq;
  while (!outgoing.ended) {
    const events = outgoing.buffer.splice(0);
    for (const event of events) {
      if (event.seq <= seq) continue;
      await send(stream, outgoing, event);
      seq = event.seq;
    }
    if (outgoing.ended || outgoing.buffer.length > 0) continue;
    const timedOut = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(true), heartbeatMs);
      outgoing.wake = () => {
        clearTimeout(timer);
        resolve(false);
      };
    });
    if (timedOut && !outgoing.ended) await written(outgoing, stream.write(': still here\n\n'));
  }
}

async function run(
  deps: ApiDeps,
  c: Context<AppEnv>,
  stream: SSEStreamingApi,
  afterSeq: number,
): Promise<void> {
  const { incidentId } = eventQuerySchema.parse(c.req.query());
  const outgoing = newOutgoing();
  const { end } = outgoing;
  stream.onAbort(end);
  c.req.raw.signal.addEventListener('abort', end);
  const subscription = await deps.feed.subscribe({
    onEvent: (event) => {
      if (outgoing.ended || (incidentId !== undefined && event.incidentId !== incidentId)) return;
      outgoing.buffer.push(event);
      if (outgoing.buffer.length > mostBuffered) end();
      else outgoing.wake();
    },
    onEnd: end,
  });
  try {
    await written(outgoing, stream.write(`retry: ${reconnectMs}\n\n`));
    const from = { seq: afterSeq, toSeq: subscription.fromSeq };
    const filter = incidentId === undefined ? {} : { incidentId };
    const seq = await replay(deps, stream, { ...from, ...filter }, outgoing);
    await sendLive(stream, outgoing, seq);
  } finally {
    subscription.unsubscribe();
  }
}

/** The stream of events: what happened, as server-sent events; `Last-Event-ID` goes on where a reader was. */
export function mountEvents(app: Api, deps: ApiDeps): void {
  const path = '/api/v1/events';
  const streams = new Map<string, number>();
  app.openAPIRegistry.registerPath({
    ...{ method: 'get', path, tags: ['incidents'], security: [{ bearer: [] }] },
    summary: 'Everything that happens, as it happens (server-sent events)',
    request: { query: eventQuerySchema },
    responses: {
      200: { description: 'The stream.', content: { 'text/event-stream': { schema: incidentEventSchema } } },
      401: {
        description: 'No valid API key.',
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    },
  });
  app.get(path, deps.guard('incident.read'), async (c) => {
    const { name } = c.get('caller').user;
    const open = streams.get(name) ?? 0;
    if (open >= mostStreamsOfUser)
      throw new UnderstudyError('unavailable', `${name} has ${open} streams open already; close one`);
    const afterSeq = await startSeq(deps, c);
    // Proxies would keep the events until a buffer is full.
    c.header('X-Accel-Buffering', 'no');
    c.header('Cache-Control', 'no-store');
    streams.set(name, open + 1);
    return streamSSE(
      c,
      async (stream) => {
        try {
          await run(deps, c, stream, afterSeq);
        } finally {
          streams.set(name, (streams.get(name) ?? 1) - 1);
        }
      },
      async (error) => {
        deps.log.warn({ err: error, traceId: c.get('traceId') }, 'a stream of events broke');
      },
    );
  });
}
