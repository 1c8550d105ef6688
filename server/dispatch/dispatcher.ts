import type { Logger } from 'pino';
import { errorCodeOf, messageOf } from '#domain/errors.ts';
import { fromMs, type Instant, toMs } from '#domain/time.ts';
import { claimOutbox, completeOutbox, type OutboxItem, retryOutbox } from '#store/outbox.ts';
import { inTenant, type Store } from '#store/pool.ts';
import type { Workflows } from '../temporal/workflows.ts';
import { type AdaptiveLimit, createAdaptiveLimit } from './adaptive-limit.ts';

export type DispatcherDeps = {
  readonly store: Store;
  readonly tenant: string;
  readonly workflows: Pick<Workflows, 'deliver'>;
  readonly now: () => Instant;
  readonly log: Logger;
  /** True during a storm of alerts: storing them comes first, the dispatcher only sees to the worst meanwhile. */
  readonly isStorm?: () => boolean;
  /** Told of an incident that is open in the store and whose workflow is closed. */
  readonly onClosedWorkflow?: (incidentId: string) => void;
  readonly onRound?: (round: {
    readonly taken: number;
    readonly failed: number;
    readonly limit: number;
  }) => void;
};

export type Dispatcher = {
  /** Something new is in the outbox. */
  readonly wake: () => void;
  /** Resolves when what is under way is done. */
  readonly stop: () => Promise<void>;
};

/** How often the outbox is looked at without being called. */
const lookEveryMs = 1_000;
/** After this the claim of a process that died is free again; longer than a call to Temporal can take. */
const leaseMs = 10_000;
/** What the dispatcher does during a storm: so many at once, and a rest after them. */
const storm = { limit: 2, restMs: 100 };
const firstPauseMs = 250;
const longestPauseMs = 10_000;
/** Between tries of news that Temporal refuses for what they are. */
const longestRefusalPauseMs = 300_000;

type Attempt = {
  readonly item: OutboxItem;
  readonly outcome: 'taken' | 'workflow-closed' | 'refused' | 'unavailable';
  readonly error: string;
  readonly durationMs: number;
};

async function attempt(deps: DispatcherDeps, item: OutboxItem): Promise<Attempt> {
  const { incidentId, deliveryId, deliveryNo, status, severity, title, service } = item;
  const startedMs = performance.now();
  const end = (outcome: Attempt['outcome'], error = ''): Attempt => ({
    ...{ item, outcome, error, durationMs: performance.now() - startedMs },
  });
  try {
    return end(
      await deps.workflows.deliver({
        ...{ incidentId, severity, title },
        delivery: { deliveryId, deliveryNo, status },
        ...(service === undefined ? {} : { service }),
      }),
    );
  } catch (error) {
    return end(errorCodeOf(error) === 'unavailable' ? 'unavailable' : 'refused', messageOf(error));
  }
}

const later = (from: Instant, ms: number): Instant => fromMs(toMs(from) + ms);

/** Notes in the outbox what became of each item; an item leaves it only after Temporal has answered. */
async function record(deps: DispatcherDeps, attempts: readonly Attempt[], pauseMs: number): Promise<void> {
  const at = deps.now();
  const of = (...outcomes: Attempt['outcome'][]) =>
    attempts.filter(({ outcome }) => outcomes.includes(outcome));
  await inTenant(deps.store, deps.tenant, async (tx) => {
    await completeOutbox(
      tx,
      of('taken', 'workflow-closed').map(({ item }) => item.id),
    );
    const waiting = of('unavailable').map(({ item, error }) => ({ id: item.id, error }));
    await retryOutbox(tx, waiting, later(at, pauseMs));
    for (const { item, error } of of('refused')) {
      const refusalPauseMs = Math.min(longestRefusalPauseMs, 1_000 * 2 ** item.attempts);
      await retryOutbox(tx, [{ id: item.id, error }], later(at, refusalPauseMs));
    }
  });
}

/**
 * Brings news from the outbox to the workflows: in order within a group, the worst first, as many at once as Temporal
 * takes without getting slow. While Temporal is down it pauses, longer each time, and goes on where it was.
 */
export function startDispatcher(deps: DispatcherDeps): Dispatcher {
  const limit: AdaptiveLimit = createAdaptiveLimit({ least: 1, most: 32, slowMs: 200 });
  let stopping = false;
  let pauseMs = firstPauseMs;
  /** Ends the rest that is being taken, if there is one. */
  let ring: () => void = () => undefined;
  /** Somebody has called since the last round began: what they mean may not have been seen by it. */
  let rung = false;

  /** Until somebody calls, or the time is up. */
  function rest(ms: number, canBeWoken: boolean): Promise<void> {
    if (canBeWoken && rung) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        ring = () => undefined;
        resolve();
      };
      const timer = setTimeout(end, ms);
      ring = () => {
        if (canBeWoken || stopping) end();
      };
    });
  }

  function report(attempts: readonly Attempt[]): void {
    for (const { item, outcome, error } of attempts) {
      const { incidentId, deliveryNo } = item;
      if (outcome === 'workflow-closed') deps.onClosedWorkflow?.(incidentId);
      if (outcome === 'refused')
        deps.log.error({ incidentId, deliveryNo, reason: error }, 'Temporal refused news');
    }
  }

  /** One round; says how long to rest after it. */
  async function round(): Promise<{ readonly restMs: number; readonly canBeWoken: boolean }> {
    rung = false;
    const isStorm = deps.isStorm?.() === true;
    const most = isStorm ? Math.min(storm.limit, limit.current()) : limit.current();
    const claim = { limit: most, at: deps.now(), leaseMs };
    const items = await inTenant(deps.store, deps.tenant, (tx) => claimOutbox(tx, claim));
    if (items.length === 0) return { restMs: lookEveryMs, canBeWoken: true };
    const attempts = await Promise.all(items.map((item) => attempt(deps, item)));
    await record(deps, attempts, pauseMs);
    report(attempts);
    const failed = attempts.filter(({ outcome }) => outcome === 'unavailable');
    limit.afterRound({
      slowestMs: Math.max(...attempts.map(({ durationMs }) => durationMs)),
      failed: failed.length > 0,
    });
    deps.onRound?.({ taken: attempts.length - failed.length, failed: failed.length, limit: limit.current() });
    if (failed.length < attempts.length) {
      pauseMs = firstPauseMs;
      return { restMs: isStorm ? storm.restMs : 0, canBeWoken: false };
    }
    deps.log.warn({ reason: failed[0]?.error, pauseMs }, 'Temporal does not take news: pausing');
    const restMs = pauseMs;
    pauseMs = Math.min(longestPauseMs, pauseMs * 2);
    return { restMs, canBeWoken: false };
  }

  async function run(): Promise<void> {
    while (!stopping) {
      try {
        const { restMs, canBeWoken } = await round();
        if (restMs > 0 && !stopping) await rest(restMs, canBeWoken);
      } catch (error) {
        // The database is down: nothing was taken out of it, nothing is lost.
        deps.log.warn({ err: error, pauseMs }, 'the outbox cannot be read: pausing');
        await rest(pauseMs, false);
        pauseMs = Math.min(longestPauseMs, pauseMs * 2);
      }
    }
  }

  const running = run();
  return {
    wake: () => {
      rung = true;
      ring();
    },
    stop: async () => {
      stopping = true;
      ring();
      await running;
    },
  };
}
