import { setTimeout as pause } from 'node:timers/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test, vi } from 'vitest';
import { beating } from './worker-process.ts';

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
