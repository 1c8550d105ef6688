import { actionsProcessSchema } from '#domain/configuration.ts';
import { messageOf } from '#domain/errors.ts';
import { taskQueues } from '#domain/task-queues.ts';
import { fromMs } from '#domain/time.ts';
import { createLogger } from '#machine/logger.ts';
import { readProcessSettings } from '#machine/process-settings.ts';
import { openStore } from '#store/pool.ts';
import { createActionActivities } from './action-activities.ts';
import { createActionTools } from './tool-servers.ts';
import { connectPatiently, installRuntime, leave, runWorkers, serveHealth } from './worker-process.ts';

/** The actions process: the only one with an account that writes to clusters. It checks and burns grants; it signs none. */
const settings = await readProcessSettings(actionsProcessSchema);
const log = createLogger({ name: 'actions' });
installRuntime(log);
const health = serveHealth(settings.healthPort);

const store = openStore({
  databaseUrl: settings.databaseUrl,
  applicationName: 'understudy-actions',
  poolSize: 4,
});
const tools = createActionTools({ settings, store });

try {
  const connection = await connectPatiently(settings.temporal.address, log);
  await runWorkers(
    connection,
    settings.temporal.namespace,
    [
      {
        taskQueue: taskQueues.actions,
        activities: { ...createActionActivities({ store, log, now: () => fromMs(Date.now()), tools }) },
        maxConcurrentActivityTaskExecutions: 4,
      },
    ],
    () => {
      health.ready();
      log.info('the actions process is ready');
    },
  );
} catch (error) {
  log.fatal({ err: error }, `the actions process ends: ${messageOf(error)}`);
  process.exitCode = 1;
} finally {
  health.close();
  await leave([tools.close, store.close]);
}
