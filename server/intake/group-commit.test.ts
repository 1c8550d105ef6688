import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { UnderstudyError } from '#domain/errors.ts';
import type { AcceptedDelivery, AcceptItem } from '#store/deliveries.ts';
import { aDelivery } from '#store/test-store.ts';
import { createGroupCommit, type GroupCommitOptions } from './group-commit.ts';

const item = (groupKey: string, receiver = 'r'): AcceptItem => ({
  delivery: aDelivery({ groupKey, receiver }),
  receivedAt: '2026-11-21T10:00:00Z',
});

/** Commits that take a while, and what was in each. */
function slowCommits(ms = 10, fault?: (items: readonly AcceptItem[]) => unknown) {
  const batches: string[][] = [];
  let running = 0;
  let most = 0;
  const commit: GroupCommitOptions['commit'] = async (items) => {
    running += 1;
    most = Math.max(most, running);
    batches.push(items.map(({ delivery }) => `${delivery.groupKey}/${delivery.receiver}`));
    await pause(ms);
    running -= 1;
    const error = fault?.(items);
    if (error !== undefined) throw error;
    return items.map(
      ({ delivery }): AcceptedDelivery => ({ deliveryId: delivery.receiver, outcome: 'opened' }),
    );
  };
  return { commit, batches, mostAtOnce: () => most };
}

const limits = { maxBatch: 200, maxWaitMs: 2, maxWaiting: 1000, deadlineMs: 30_000 };

test('what comes in while a batch is under way is the next one; one batch at a time', async () => {
  const { commit, batches, mostAtOnce } = slowCommits();
  const group = createGroupCommit({ ...limits, commit });
  const first = Array.from({ length: 5 }, (_, n) => group.submit(item(`a${n}`)));
  await pause(8);
  const second = Array.from({ length: 5 }, (_, n) => group.submit(item(`b${n}`)));
  await Promise.all([...first, ...second]);
  expect(batches.map((batch) => batch.length)).toEqual([5, 5]);
  expect(mostAtOnce()).toBe(1);
});

test('deliveries of one group go one after another, in their order, and hold nobody else up', async () => {
  const { commit, batches } = slowCommits();
  const group = createGroupCommit({ ...limits, commit });
  await Promise.all([
    ...['1', '2', '3'].map((receiver) => group.submit(item('same', receiver))),
    group.submit(item('other')),
  ]);
  expect(batches).toEqual([['same/1', 'other/r'], ['same/2'], ['same/3']]);
});

test('a batch is no larger than it may be', async () => {
  const { commit, batches } = slowCommits();
  const group = createGroupCommit({ ...limits, maxBatch: 4, commit });
  await Promise.all(Array.from({ length: 10 }, (_, n) => group.submit(item(`g${n}`))));
  expect(batches.map((batch) => batch.length)).toEqual([4, 4, 2]);
});

test('the one that cannot be stored fails, and its neighbours do not', async () => {
  const poison = new UnderstudyError('bad-input', 'no such time');
  const { commit } = slowCommits(1, (items) =>
    items.some(({ delivery }) => delivery.groupKey === 'poison') ? poison : undefined,
  );
  const group = createGroupCommit({ ...limits, commit });
  const ends = await Promise.allSettled(['a', 'poison', 'b'].map((key) => group.submit(item(key))));
  expect(ends.map((end) => end.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

test('when the database is away, the whole batch is turned away at once', async () => {
  const { commit, batches } = slowCommits(1, () => new UnderstudyError('unavailable', 'down'));
  const group = createGroupCommit({ ...limits, commit });
  const ends = await Promise.allSettled(['a', 'b'].map((key) => group.submit(item(key))));
  expect(ends.map((end) => end.status)).toEqual(['rejected', 'rejected']);
  expect(batches).toHaveLength(1);
});

test('nobody waits longer than the deadline, and no more wait than may', async () => {
  const stuck = Promise.withResolvers<never>();
  const commit = () => stuck.promise;
  const group = createGroupCommit({ ...limits, maxBatch: 1, deadlineMs: 50, maxWaiting: 2, commit });
  const all = ['a', 'b', 'c', 'd'].map((key) => group.submit(item(key)));
  const refusedAtOnce = await Promise.race([all[3]?.catch(() => 'refused'), pause(20, 'late')]);
  expect(refusedAtOnce).toBe('refused');
  const ends = await Promise.allSettled(all);
  expect(ends.map((end) => end.status)).toEqual(Array(4).fill('rejected'));
  for (const end of ends)
    if (end.status === 'rejected') expect(end.reason).toMatchObject({ code: 'unavailable' });
});

test('draining lets what was taken in end, and takes nothing more', async () => {
  const { commit } = slowCommits(30);
  const group = createGroupCommit({ ...limits, commit });
  const taken = group.submit(item('a'));
  const drained = group.drain();
  await expect(group.submit(item('b'))).rejects.toMatchObject({ code: 'unavailable' });
  await drained;
  await expect(taken).resolves.toMatchObject({ outcome: 'opened' });
});
