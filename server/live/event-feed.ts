import type { Logger } from 'pino';
import { UnderstudyError } from '#domain/errors.ts';
import type { IncidentEvent } from '#domain/incident.ts';
import { eventsAfter, lastEventSeq } from '#store/events.ts';
import { inTenant, type Store } from '#store/pool.ts';

export type EventFeed = {
  /** Tells a watcher of every event after the current end, in order, until `unsubscribe`. Resolves with that end. */
  readonly subscribe: (watcher: Watcher) => Promise<Subscription>;
  /** Ends every watcher's stream. */
  readonly stop: () => void;
};
export type Watcher = { readonly onEvent: (event: IncidentEvent) => void; readonly onEnd: () => void };
export type Subscription = { readonly fromSeq: number; readonly unsubscribe: () => void };

const lookEveryMs = 300;
const pageSize = 500;

/**
 * One reader of the store for everybody who watches: it looks for new events while somebody does, and hands each of them
 * to all.
 */
export function createEventFeed(deps: {
  readonly store: Store;
  readonly tenant: string;
  readonly log: Logger;
}): EventFeed {
  const { store, tenant, log } = deps;
  const watchers = new Set<Watcher>();
  let seq: Promise<number> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  async function readFrom(from: number): Promise<number> {
    const events = await inTenant(store, tenant, (tx) => eventsAfter(tx, { seq: from, limit: pageSize }));
    for (const event of events) for (const watcher of watchers) watcher.onEvent(event);
    const last = events.at(-1)?.seq ?? from;
    return events.length < pageSize ? last : readFrom(last);
  }

  async function look(): Promise<void> {
    if (watchers.size === 0 || stopped) {
      timer = undefined;
      seq = undefined;
      return;
    }
    seq = seq?.then((from) =>
      readFrom(from).catch((error: unknown) => {
        log.warn({ err: error }, 'events cannot be read; it is tried again');
        return from;
      }),
    );
    // One read at a time, however long it takes: those that a hanging database holds up would all come at once later.
    await seq;
    timer = setTimeout(look, lookEveryMs);
  }

  return {
    subscribe: async (watcher) => {
      if (stopped) throw new UnderstudyError('unavailable', 'this process is stopping');
      seq ??= inTenant(store, tenant, lastEventSeq);
      const end = seq;
      watchers.add(watcher);
      try {
        const fromSeq = await end;
        timer ??= setTimeout(look, lookEveryMs);
        return { fromSeq, unsubscribe: () => void watchers.delete(watcher) };
      } catch (error) {
        watchers.delete(watcher);
        if (seq === end) seq = undefined;
        throw error;
      }
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      for (const watcher of watchers) watcher.onEnd();
    },
  };
}
