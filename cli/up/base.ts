import { startEmbeddedPostgres } from '#store/embedded/embedded-postgres.ts';
import { prepareTemporal, startTemporal, type TemporalServer } from '#temporal-dev/start-temporal.ts';
import type { UpOptions } from './up.ts';

type OnStop = (stop: () => Promise<unknown>) => void;

/** PostgreSQL: the user's own where the configuration names one, otherwise ours. */
export async function startDatabase(
  { configuration, stateFolder, progress, log }: UpOptions,
  onStop: OnStop,
): Promise<string> {
  if (configuration.databaseUrl !== undefined) return configuration.databaseUrl;
  const task = progress.task('PostgreSQL');
  const server = await startEmbeddedPostgres({
    stateFolder,
    onChange: (change) => log.warn({ change }, 'PostgreSQL'),
  });
  onStop(() => server.stop());
  task.done();
  return server.url;
}

/** Temporal: the user's own where the configuration names one, otherwise a development server with its UI. */
export async function startTemporalServer(options: UpOptions, onStop: OnStop): Promise<TemporalServer> {
  const { configuration, stateFolder, progress, log, signal } = options;
  const { address, namespace, uiUrl } = configuration.temporal;
  if (address !== undefined) {
    const server = await prepareTemporal({ address, namespace });
    return { ...server, ...(uiUrl === undefined ? {} : { uiUrl }) };
  }
  const server = await startTemporal({
    stateFolder,
    progress,
    signal,
    onChange: (change) => log.warn({ change }, 'Temporal'),
  });
  onStop(() => server.stop());
  progress.task('Temporal').done();
  return server;
}
