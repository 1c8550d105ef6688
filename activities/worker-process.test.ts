import { setTimeout as pause } from 'node:timers/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test, vi } from 'vitest';
import { beating, runTogether } from './worker-process.ts';

test.each([
  ['is heard of while it is at work, where somebody waits for that', { heartbeatTimeoutMs: 10_000 }, true],
  ['is not, where nobody does', {}, false],
])('an activity %s', async (_, info, isHeard) => {
  const environment = new MockActivityEnvironment(info, { interceptors: [beating] });
  let heartbeats = 0;
  environment.on('heartbeat', () => {
    heartbeats += 1;
  });
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    await environment.run(async () => {
      vi.advanceTimersByTime(6_000);
      await pause(1);
    });
    expect(heartbeats > 0).toBe(isHeard);
    const before = heartbeats;
    vi.advanceTimersByTime(60_000);
    expect(heartbeats).toBe(before);
  } finally {
    vi.useRealTimers();
  }
});

/** As much of a worker as is seen of one from outside: it runs until it is told to stop, or fails. */
function aWorker(failure?: Error) {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let state: 'RUNNING' | 'STOPPED' = 'RUNNING';
  return {
    run: () => promise,
    getState: () => state,
    shutdown: () => {
      state = 'STOPPED';
      resolve();
    },
    fail: () => reject(failure),
  };
}

test('a worker that fails takes the others of its process down with it', async () => {
  const failing = aWorker(new Error('the workflow thread is gone'));
  const others = [aWorker(), aWorker()];
  const running = runTogether([failing, ...others], () => failing.fail());
  await expect(running).rejects.toThrow('the workflow thread is gone');
  expect(others.map((worker) => worker.getState())).toEqual(['STOPPED', 'STOPPED']);
});
