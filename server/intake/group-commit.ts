import { UnderstudyError } from '#domain/errors.ts';
import type { AcceptedDelivery, AcceptItem } from '#store/deliveries.ts';
import { groupIdOf } from '#store/delivery-group.ts';

export type GroupCommitOptions = {
  /** Writes a batch of deliveries of distinct groups, all or none. */
  readonly commit: (items: readonly AcceptItem[]) => Promise<readonly AcceptedDelivery[]>;
  /** Deliveries in a batch at most. */
  readonly maxBatch: number;
  /** How long a batch waits for company. */
  readonly maxWaitMs: number;
  /** With so many waiting, further ones are turned away at once. */
  readonly maxWaiting: number;
  /** A delivery that is not durable after this time is turned away; its sender will send it again. */
  readonly deadlineMs: number;
  readonly onBatch?: (size: number, durationMs: number) => void;
};

export type GroupCommit = {
  /** Resolves when the delivery is durable. Rejects with `unavailable` when that cannot be said in time. */
  readonly submit: (item: AcceptItem) => Promise<AcceptedDelivery>;
  readonly waiting: () => number;
  /** Takes nothing more in, and resolves when what was taken in is decided. */
  readonly drain: () => Promise<void>;
};

type Entry = {
  readonly item: AcceptItem;
  readonly groupId: string;
  readonly timer: NodeJS.Timeout;
  readonly resolve: (accepted: AcceptedDelivery) => void;
  readonly reject: (error: unknown) => void;
  settled: boolean;
};

function settle(entry: Entry, end: () => void): void {
  if (entry.settled) return;
  entry.settled = true;
  clearTimeout(entry.timer);
  end();
}

/** True where a batch failed for what is in it, not for how the database stands. */
function isFaultOfContent(error: unknown): boolean {
  return error instanceof UnderstudyError && (error.code === 'bad-input' || error.code === 'conflict');
}

/**
 * Commits deliveries in groups: one transaction, and one wait for the disk, for all that came in while the one before was
 * under way. One batch at a time, and never two deliveries of a group in one, so that the order within a group holds.
 */
export function createGroupCommit(options: GroupCommitOptions): GroupCommit {
  const { commit, maxBatch, maxWaitMs, maxWaiting, deadlineMs } = options;
  let waiting: Entry[] = [];
  let running: Promise<void> | undefined;
  let closed = false;

  /** The oldest entries whose groups are distinct; the rest stays, in its order. */
  function takeBatch(): Entry[] {
    const groups = new Set<string>();
    const batch: Entry[] = [];
    const rest: Entry[] = [];
    for (const entry of waiting) {
      if (entry.settled) continue;
      const fits = batch.length < maxBatch && !groups.has(entry.groupId);
      groups.add(entry.groupId);
      (fits ? batch : rest).push(entry);
    }
    waiting = rest;
    return batch;
  }

  async function commitBatch(batch: readonly Entry[]): Promise<void> {
    try {
      const accepted = await commit(batch.map((entry) => entry.item));
      batch.forEach((entry, index) => {
        const answer = accepted[index];
        if (answer !== undefined) settle(entry, () => entry.resolve(answer));
      });
    } catch (error) {
      if (batch.length > 1 && isFaultOfContent(error)) {
        // One of them cannot be stored: only that one may fail.
        for (const entry of batch) await commitBatch([entry]);
        return;
      }
      for (const entry of batch) settle(entry, () => entry.reject(error));
    }
  }

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      if (waiting.length < maxBatch) await new Promise((resolve) => setTimeout(resolve, maxWaitMs));
      const batch = takeBatch();
      if (batch.length === 0) continue;
      const startedMs = performance.now();
      await commitBatch(batch);
      options.onBatch?.(batch.length, performance.now() - startedMs);
    }
    running = undefined;
  }

  function turnAway(why: string): UnderstudyError {
    return new UnderstudyError('unavailable', `${why}; send it again`);
  }

  return {
    submit: (item) => {
      if (closed) return Promise.reject(turnAway('this process is stopping'));
      if (waiting.length >= maxWaiting) return Promise.reject(turnAway('too many alerts are waiting'));
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          settle(entry, () => reject(turnAway('the alert could not be stored in time')));
        }, deadlineMs);
        const entry: Entry = {
          item,
          groupId: groupIdOf(item.delivery),
          timer,
          resolve,
          reject,
          settled: false,
        };
        waiting.push(entry);
        running ??= run();
      });
    },
    waiting: () => waiting.length,
    drain: async () => {
      closed = true;
      await running;
    },
  };
}
