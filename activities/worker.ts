import { join } from 'node:path';
import { workerProcessSchema } from '#domain/configuration.ts';
import { messageOf } from '#domain/errors.ts';
import { taskQueues } from '#domain/task-queues.ts';
import { fromMs } from '#domain/time.ts';
import { createLogger } from '#machine/logger.ts';
import { readProcessSettings } from '#machine/process-settings.ts';
import { openStore } from '#store/pool.ts';
import { createAgentActivities } from './agent-activities.ts';
import type { ReadDeps } from './deps.ts';
import { createIncidentActivities } from './incident-activities.ts';
import { createPatrolActivities } from './patrol-activities.ts';
import { ensurePatrolSchedule } from './patrol-schedule.ts';
import { createRemediationActivities } from './remediation-activities.ts';
import { createServerClient } from './server-client.ts';
import { createToolActivities } from './tool-activities.ts';
import { createReadTools } from './tool-servers.ts';
import {
  connectPatiently,
  dataConverter,
  installRuntime,
  leave,
  runWorkers,
  serveHealth,
} from './worker-process.ts';
import { workflowBundle } from './workflow-bundle.ts';

/**
 * The worker process: workflows, agents and reading tools. It holds no credentials that write to a cluster and no key
 * that signs.
 */
const settings = await readProcessSettings(workerProcessSchema);
const log = createLogger({ name: 'worker' });
installRuntime(log);
const health = serveHealth(settings.healthPort);

const store = openStore({ databaseUrl: settings.databaseUrl, applicationName: 'understudy-worker' });
const tools = createReadTools({ settings, store });
const deps: ReadDeps = {
  store,
  log,
  now: () => fromMs(Date.now()),
  tools,
  clusters: settings.clusters.map((cluster) => cluster.name),
  serviceCatalogue: settings.serviceCatalogue,
};

try {
  const connection = await connectPatiently(settings.temporal.address, log);
  await ensurePatrolSchedule(connection, settings.temporal.namespace, {
    tenant: settings.tenant,
    everyMinutes: settings.patrol.everyMinutes,
  });
  await runWorkers(
    connection,
    settings.temporal.namespace,
    [
      {
        taskQueue: taskQueues.main,
        workflowBundle: await workflowBundle(join(settings.stateFolder, 'workflows')),
        dataConverter,
        activities: {
          ...createIncidentActivities({ ...deps, readOnly: settings.readOnly }),
          ...createRemediationActivities({
            ...deps,
            server: createServerClient(settings),
            readOnly: settings.readOnly,
          }),
        },
        maxCachedWorkflows: 500,
        // What a dead worker had in its cache is taken up by the next one after this time.
        stickyQueueScheduleToStartTimeout: '2s',
      },
      {
        taskQueue: taskQueues.agents,
        activities: { ...createAgentActivities(deps) },
        maxConcurrentActivityTaskExecutions: 8,
      },
      {
        taskQueue: taskQueues.tools,
        activities: {
          ...createToolActivities(deps),
          ...createPatrolActivities({ ...deps, patrol: settings.patrol }),
        },
        maxConcurrentActivityTaskExecutions: 32,
      },
    ],
    () => {
      health.ready();
      log.info('the worker is ready');
    },
  );
} catch (error) {
  log.fatal({ err: error }, `the worker ends: ${messageOf(error)}`);
  process.exitCode = 1;
} finally {
  health.close();
  await leave([tools.close, store.close]);
}
