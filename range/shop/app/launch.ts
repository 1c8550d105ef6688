import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from './client.ts';
import type { Log } from './log.ts';
import { createMetrics } from './metrics.ts';
import { roles } from './roles.ts';
import { type Service, startService } from './service.ts';
import { settingsFrom } from './settings.ts';

/**
 * Starts a service by its role's name. Settings come from the environment, data files from the folder that DATA_FOLDER
 * names. Throws where something that it needs is not there.
 */
export async function launch(
  roleName: string,
  environment: Readonly<Record<string, string | undefined>>,
  log: Log,
): Promise<Service> {
  const load = roles[roleName];
  if (load === undefined)
    throw new Error(`unknown role "${roleName}"; known: ${Object.keys(roles).join(', ')}`);
  const settings = settingsFrom(environment);
  const metrics = createMetrics(environment.VERSION ?? 'unknown');
  const role = await load();
  const routes = role({
    settings,
    log,
    connect: (key) => createClient(settings.url(key), metrics),
    data: (name): unknown => JSON.parse(readFileSync(join(settings.text('DATA_FOLDER'), name), 'utf8')),
  });
  const [port, drainMs] = [settings.number('PORT'), settings.number('DRAIN_MS')];
  return startService(routes, { port, drainMs, log, metrics });
}
