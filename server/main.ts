import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { type ServerType, serve } from '@hono/node-server';
import { serverProcessSchema } from '#domain/configuration.ts';
import { messageOf } from '#domain/errors.ts';
import { createLogger } from '#machine/logger.ts';
import { writePrivateFile } from '#machine/private-file.ts';
import { readProcessSettings } from '#machine/process-settings.ts';
import { startServer } from './server.ts';

/** How long requests that are under way may take after the process was asked to stop. */
const drainMs = 5_000;

const settings = await readProcessSettings(serverProcessSchema);
const log = createLogger({
  name: 'server',
});

/** The token that our own processes call with, made where nobody has made it yet. */
async function internalToken(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    const token = randomBytes(32).toString('base64url');
    await writePrivateFile(file, `${token}\n`);
    return token;
  }
}

function listen(fetch: Parameters<typeof serve>[0]['fetch']): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, hostname: settings.host, port: settings.port }, () => resolve(server));
    server.once('error', reject);
  });
}

/** Closes the port and lets requests that are under way end, but not for ever. */
async function closePort(server: ServerType): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection whose last answer is out would be kept for the next question otherwise.
  const hangUp = setInterval(() => {
    if ('closeIdleConnections' in server) server.closeIdleConnections();
  }, 50);
  await Promise.race([closed, pause(drainMs, undefined, { ref: false })]);
  clearInterval(hangUp);
}

try {
  const running = await startServer({
    settings,
    log,
    internalToken: await internalToken(settings.internalTokenFile),
  });
  const server = await listen(running.app.fetch);
  log.info({ host: settings.host, port: settings.port }, 'the server is ready');
  const signal = await Promise.race(
    ['SIGTERM', 'SIGINT'].map((name) => once(process, name).then(() => name)),
  );
  log.info({ signal }, 'the server stops');
  running.prepareToStop();
  await closePort(server);
  await running.stop();
  process.exit(0);
} catch (error) {
  log.fatal({ err: error }, `the server ends: ${messageOf(error)}`);
  process.exit(1);
}
