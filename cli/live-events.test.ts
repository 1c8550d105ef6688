import { afterEach, beforeEach, expect, it } from 'vitest';
import { createApiClient } from './api-client.ts';
import type { StoryEvent } from './story-events.ts';
import { incidentId } from './testing/samples.ts';
import { eventStream, problem, type Seen, type StandIn, startStandIn } from './testing/stand-in-server.ts';
import { wordsIn } from './words/words.ts';

const path = 'GET /api/v1/events';
let server: StandIn;
let ended: AbortController;
beforeEach(async () => {
  server = await startStandIn();
  ended = new AbortController();
});
afterEach(async () => {
  ended.abort('over');
  await server.close();
});

function phase(seq: number): StoryEvent {
  return { seq, incidentId, at: '2026-11-21T03:02:00Z', type: 'incident.phase', data: { phase: 'observe' } };
}

function listen(onBreak?: () => void) {
  const client = createApiClient({ url: server.url, apiKey: 'us_key', words: wordsIn('en') }, ended.signal);
  return client.events({
    after: 'latest',
    signal: ended.signal,
    ...(onBreak === undefined ? {} : { onBreak }),
  });
}

async function take(events: AsyncGenerator<StoryEvent>, count: number): Promise<number[]> {
  const seen: number[] = [];
  while (seen.length < count) {
    const next = await events.next();
    if (next.done === true) break;
    seen.push(next.value.seq);
  }
  return seen;
}

it('goes on after a break where it was: nothing missed, nothing twice', async () => {
  const asked: Seen[] = [];
  server.answers.set(
    path,
    eventStream((source, request) => {
      asked.push(request);
      const last = Number(request.headers['last-event-id'] ?? 0);
      for (let seq = last + 1; seq <= last + 2; seq += 1) source.send(phase(seq));
      setTimeout(() => source.cut(), 20);
    }),
  );
  let breaks = 0;
  const events = await listen(() => {
    breaks += 1;
  });
  expect(await take(events, 6)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(asked.map((request) => request.headers['last-event-id'])).toEqual([undefined, '2', '4']);
  expect(asked[0]?.url.searchParams.get('after')).toBe('latest');
  expect(asked[0]?.headers.authorization).toBe('Bearer us_key');
  expect(breaks).toBe(2);
});

it('waits for a server that is gone for a while', async () => {
  server.answers.set(
    path,
    eventStream((source) => source.send(phase(1))),
  );
  const events = await listen();
  expect(await take(events, 1)).toEqual([1]);
  const { port } = new URL(server.url);
  await server.close();
  const next = take(events, 1);
  await new Promise((resolve) => setTimeout(resolve, 400));
  server = await startStandIn(Number(port));
  server.answers.set(
    path,
    eventStream((source, request) => source.send(phase(Number(request.headers['last-event-id']) + 1))),
  );
  expect(await next).toEqual([2]);
});

it('answers only when the server has taken the question', async () => {
  let opened = false;
  server.answers.set(path, async (request, response) => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    opened = true;
    await eventStream(() => undefined)(request, response);
  });
  await listen();
  expect(opened).toBe(true);
});

it.each([
  [401, 'unauthenticated'],
  [403, 'forbidden'],
])('gives up at once when it is refused with %d', async (status, code) => {
  server.answers.set(path, problem(status, code, 'no'));
  await expect(listen()).rejects.toMatchObject({ code, message: 'no' });
  expect(server.seen).toHaveLength(1);
});

it('says that there is no server, instead of trying for ever', async () => {
  await server.close();
  await expect(listen()).rejects.toMatchObject({ code: 'unavailable' });
  server = await startStandIn();
});

it('passes over an event of a kind that it does not know', async () => {
  server.answers.set(
    path,
    eventStream((source) => {
      source.send({ ...phase(1), type: 'weather.changed' } as never);
      source.send(phase(2));
    }),
  );
  expect(await take(await listen(), 1)).toEqual([2]);
});

it('ends with the reason when it is told to', async () => {
  server.answers.set(
    path,
    eventStream(() => undefined),
  );
  const events = await listen();
  const next = events.next();
  ended.abort(new Error('enough'));
  await expect(next).rejects.toThrow('enough');
});
