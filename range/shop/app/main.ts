import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from './client.ts';
import { createLog } from './log.ts';
import { createMetrics } from './metrics.ts';
import { roles } from './roles.ts';
import { startService } from './service.ts';
import { settingsFrom } from './settings.ts';

// Usage: node main.ts <role>. Settings come from the environment, data files from the folder that DATA_FOLDER names.
const roleName = process.argv[2] ?? '';
const version = process.env.VERSION ?? 'unknown';
const log = createLog({ service: process.env.SERVICE_NAME ?? roleName, version });

async function start(): Promise<void> {
  const role = roles[roleName];
  if (role === undefined)
    throw new Error(`unknown role "${roleName}"; known: ${Object.keys(roles).join(', ')}`);
  const settings = settingsFrom(process.env);
  const metrics = createMetrics(version);
  const routes = role({
    settings,
    log,
    connect: (key) => createClient(settings.url(key), metrics),
    data: (name): unknown => JSON.parse(readFileSync(join(settings.text('DATA_FOLDER'), name), 'utf8')),
  });
  const service = await startService(routes, { port: settings.number('PORT'), log, metrics });
  const stop = (signal: string): void => {
    log.info('stopping', { signal });
    service.shutDown().then(
      () => process.exit(),
      (error: unknown) => {
        log.error('could not stop cleanly', { error });
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

start().catch((error: unknown) => {
  const reason = error instanceof Error ? error.message : String(error);
  log.error(`cannot start: ${reason}`, { error });
  process.exitCode = 1;
});
