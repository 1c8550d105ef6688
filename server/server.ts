import { setTimeout as pause } from 'node:timers/promises';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Logger } from 'pino';
import type { ServerProcessSettings } from '#domain/configuration.ts';
import { messageOf } from '#domain/errors.ts';
import { fromMs, type Instant } from '#domain/time.ts';
import { acceptDeliveries } from '#store/deliveries.ts';
import { countOpen } from '#store/overview.ts';
import { inTenant, openStore, type Store } from '#store/pool.ts';
import type { ApiDeps } from './api/deps.ts';
import { createApp } from './app.ts';
import { ensureSigningKeys } from './approvals/signing-keys.ts';
import { createAuthenticator } from './auth/authenticator.ts';
import { createGuard } from './auth/guard.ts';
import { type Dispatcher, startDispatcher } from './dispatch/dispatcher.ts';
import { createReconciler } from './dispatch/reconciler.ts';
import { repeat } from './dispatch/repeat.ts';
import type { AppEnv } from './http/env.ts';
import { createMetrics, type Metrics } from './http/metrics.ts';
import { createGroupCommit, type GroupCommit } from './intake/group-commit.ts';
import { createRateMeter, type RateMeter } from './intake/rate-meter.ts';
import { createEventFeed } from './live/event-feed.ts';
import { connectWorkflows, type Workflows } from './temporal/workflows.ts';

export type ServerOptions = {
  readonly settings: ServerProcessSettings;
  readonly log: Logger;
  /** What our own processes call with. */
  readonly internalToken: string;
};

export type RunningServer = {
  readonly app: OpenAPIHono<AppEnv>;
  /** Says that it is not ready any more and ends the streams, so that the port can be closed. */
  readonly prepareToStop: () => void;
  /** Takes nothing more in, finishes what is under way, and lets go of everything. */
  readonly stop: () => Promise<void>;
};

const reconcileEveryMs = 15_000;
/** How long calls to Temporal that are under way may take when the server stops. */
const drainMs = 500;
/** Several times what Temporal can start: what comes in faster is a storm, and most of it has to wait anyway. */
const stormPerSecond = 200;

function intakeOf(store: Store, tenant: string, incoming: RateMeter, metrics: () => Metrics): GroupCommit {
  return createGroupCommit({
    commit: (items) => inTenant(store, tenant, (tx) => acceptDeliveries(tx, items)),
    maxBatch: 200,
    maxWaitMs: 2,
    maxWaiting: 2_000,
    deadlineMs: 4_000,
    onBatch: (size) => {
      incoming.add(size);
      metrics().batches.observe(size);
    },
  });
}

type Parts = {
  readonly options: ServerOptions;
  readonly store: Store;
  readonly workflows: Workflows;
  readonly metrics: Metrics;
  readonly incoming: RateMeter;
  readonly now: () => Instant;
};

/** The dispatcher and the reconciler, which mind that every incident has its workflow. */
function startDispatch({ options, store, workflows, metrics, incoming, now }: Parts): {
  readonly dispatcher: Dispatcher;
  readonly stop: () => Promise<void>;
} {
  const { settings, log } = options;
  const { tenant } = settings;
  const reconciler = createReconciler({
    ...{ store, tenant, workflows, now, log },
    onHealed: (kind) => metrics.healed.inc({ kind }),
  });
  const dispatcher = startDispatcher({
    ...{ store, tenant, workflows, now, log },
    isStorm: () => incoming.perSecond() > stormPerSecond,
    onClosedWorkflow: (incidentId) => {
      reconciler.look(incidentId).catch((error: unknown) => {
        log.warn(
          { incidentId, reason: messageOf(error) },
          'looking at an incident failed; it is tried again',
        );
      });
    },
    onRound: ({ taken, failed, limit }) => {
      metrics.dispatched.inc({ result: 'taken' }, taken);
      metrics.dispatched.inc({ result: 'failed' }, failed);
      metrics.dispatchLimit.set(limit);
    },
  });
  const reconciling = repeat({ name: 'reconciling', everyMs: reconcileEveryMs, log }, reconciler.run);
  return {
    dispatcher,
    stop: async () => {
      await Promise.all([reconciling.stop(), dispatcher.stop()]);
    },
  };
}

async function apiDeps(parts: Parts, keyStore: Store): Promise<ApiDeps> {
  const { options, store, workflows, metrics, now } = parts;
  const { settings, log } = options;
  const { tenant, serviceCatalogue, readOnly, clusters, temporal } = settings;
  const authenticator = createAuthenticator({ store: keyStore, tenant, now });
  return {
    ...{ store, tenant, now, log, workflows, temporal, readOnly },
    guard: createGuard(authenticator),
    forgetCaller: authenticator.forget,
    feed: createEventFeed({ store, tenant, log }),
    approvals: {
      ...{ store, tenant, workflows, serviceCatalogue, now, readOnly, clusters },
      keys: await ensureSigningKeys(settings.keyFolder),
      onJudged: (verdict) => metrics.judged.inc({ verdict }),
    },
  };
}

/**
 * Everything that the server process does, without its port. Starts also while PostgreSQL or Temporal are away: it says so
 * in its answers, and works when they come back.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { settings, log } = options;
  const { databaseUrl, tenant } = settings;
  const onIdleError = (error: Error): void => log.warn({ err: error }, 'a connection to PostgreSQL broke');
  const store = openStore({ databaseUrl, applicationName: 'understudy-server', onIdleError });
  // Of its own, so that no slow question of the API keeps an alert waiting.
  const intakeStore = openStore({
    ...{
      databaseUrl,
      applicationName: 'understudy-intake',
      poolSize: 2,
      statementTimeoutMs: 3_000,
      onIdleError,
    },
  });
  // Of its own, so that no flood of wrong keys keeps an alert waiting.
  const keyStore = openStore({
    ...{
      databaseUrl,
      applicationName: 'understudy-keys',
      poolSize: 2,
      statementTimeoutMs: 3_000,
      onIdleError,
    },
  });
  const now = (): Instant => fromMs(Date.now());
  const workflows = connectWorkflows({ ...settings.temporal, tenant });
  const incoming = createRateMeter();
  const commit: GroupCommit = intakeOf(intakeStore, tenant, incoming, () => metrics);
  const metrics = createMetrics({ intakeWaiting: () => commit.waiting() });
  const parts = { options, store, workflows, metrics, incoming, now };
  const api = await apiDeps(parts, keyStore);
  const dispatch = startDispatch(parts);
  let stopping = false;
  const prepareToStop = (): void => {
    stopping = true;
    api.feed.stop();
  };
  const app = createApp({
    api,
    intake: {
      ...{ commit, guard: api.guard, store, tenant, now, maxBodyBytes: settings.maxIntakeBytes },
      onAccepted: (outcome) => {
        metrics.deliveries.inc({ outcome });
        dispatch.dispatcher.wake();
      },
    },
    internalToken: options.internalToken,
    metrics,
    isReady: async () => {
      if (stopping) return false;
      return inTenant(store, tenant, countOpen).then(
        () => true,
        () => false,
      );
    },
  });
  return {
    app,
    prepareToStop,
    stop: async () => {
      prepareToStop();
      await commit.drain();
      const dispatched = dispatch.stop();
      // What Temporal does not answer now stays in the outbox.
      await Promise.race([dispatched, pause(drainMs, undefined, { ref: false })]);
      await workflows.close();
      await dispatched;
      await Promise.all([store.close(), intakeStore.close(), keyStore.close()]);
    },
  };
}
