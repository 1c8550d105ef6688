import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, readFile, realpath, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from '#machine/ports.ts';
import { writePrivateFile } from '#machine/private-file.ts';
import { runFolder } from '#machine/state-folder.ts';
import {
  endLeftover,
  type SupervisedChange,
  type SupervisedProcess,
  startSupervised,
} from '#machine/supervised-process.ts';
import { runCommand } from '#machine/system-command.ts';
import { type Account, postgresAccount } from './account.ts';
import { type Binaries, postgresBinaries } from './binaries.ts';
import { clearLeftover, fastShutdown } from './leftover.ts';
import { databaseFolder } from './location.ts';

export type EmbeddedPostgresOptions = {
  stateFolder: string;
  /** Default: the port of last time, else any. Another one is taken when it is not free. */
  port?: number;
  /** Told about deaths and returns of the server. */
  onChange?: (change: SupervisedChange) => void;
};

export type EmbeddedPostgres = {
  /** Connection URL of the database `understudy` as its superuser, password included: not for logs. */
  url: string;
  port: number;
  /** The running server's process. */
  process: SupervisedProcess;
  stop(): Promise<void>;
};

export const databaseName = 'understudy';
const superuser = 'postgres';

/**
 * Starts a real PostgreSQL 18 for this state folder, made on first use: on loopback only, with a random password, with
 * fsync and synchronous_commit on. It is supervised (killed, it is back within seconds, on the same port), and what a killed
 * run of ours left running is ended first. Throws `unavailable` when it does not start within ten seconds and more.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const account = await postgresAccount();
  const binaries = await postgresBinaries(account);
  const folder = await realpath(await databaseFolder(options.stateFolder, account));
  const dataFolder = join(folder, 'data');
  const password = await initialise(folder, dataFolder, binaries, account);
  const pidFile = join(runFolder(options.stateFolder), 'postgresql.pid');
  await endLeftover(pidFile);
  await clearLeftover(dataFolder);
  const port = await choosePort(folder, options.port);
  const urlOf = (database: string) => `postgres://${superuser}:${password}@127.0.0.1:${port}/${database}`;
  const server = await startPatiently(() =>
    startSupervised({
      name: 'PostgreSQL',
      command: binaries.postgres,
      args: ['-D', dataFolder, ...settings(port)],
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
      ...(account === undefined ? {} : { user: account }),
      logFile: join(options.stateFolder, 'log', 'postgresql.log'),
      pidFile,
      isReady: () => answers(urlOf('postgres')),
      stopSignal: fastShutdown.signal,
      stopTimeoutMs: fastShutdown.timeoutMs,
      beforeRestart: () => clearLeftover(dataFolder),
      ...(options.onChange === undefined ? {} : { onChange: options.onChange }),
    }),
  );
  await createDatabase(urlOf('postgres'));
  return { url: urlOf(databaseName), port, process: server, stop: () => server.stop() };
}

function settings(port: number): string[] {
  const values = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    // Their paths are limited to 108 bytes, and nobody needs them.
    unix_socket_directories: '',
    fsync: 'on',
    synchronous_commit: 'on',
    timezone: 'UTC',
    max_connections: '200',
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** Makes the database cluster when there is none, whole or not at all, and answers the superuser's password. */
async function initialise(
  folder: string,
  dataFolder: string,
  binaries: Binaries,
  account: Account | undefined,
): Promise<string> {
  const passwordFile = join(folder, 'password');
  if (existsSync(dataFolder)) return (await readFile(passwordFile, 'utf8')).trim();
  const password = randomBytes(24).toString('hex');
  await writePrivateFile(passwordFile, `${password}\n`);
  const filling = join(folder, 'filling');
  await rm(filling, { recursive: true, force: true });
  await mkdir(filling, { mode: 0o700 });
  // initdb reads the password as PostgreSQL's user, which may not read our file.
  const passwordForInitdb = join(filling, 'password');
  const cluster = join(filling, 'data');
  await writePrivateFile(passwordForInitdb, password);
  if (account !== undefined) {
    await Promise.all([filling, passwordForInitdb].map((path) => chown(path, account.uid, account.gid)));
  }
  // PostgreSQL's built-in C.UTF-8: the same order and letters on every machine, whatever locales it has.
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const identity = [`--username=${superuser}`, `--pwfile=${passwordForInitdb}`, '--auth=scram-sha-256'];
  await runCommand(binaries.initdb, [`--pgdata=${cluster}`, ...identity, ...locale], {
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    cwd: '/',
    ...(account === undefined ? {} : { user: account }),
  });
  await rename(cluster, dataFolder);
  await rm(filling, { recursive: true, force: true });
  return password;
}

/** After kill -9 of everything, what the dead server shared lingers for some seconds, and it refuses to start. */
async function startPatiently(start: () => Promise<SupervisedProcess>): Promise<SupervisedProcess> {
  const deadline = performance.now() + 10_000;
  while (true) {
    try {
      return await start();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(500);
    }
  }
}

async function choosePort(folder: string, wanted: number | undefined): Promise<number> {
  const file = join(folder, 'port');
  const lastTime = Number(await readFile(file, 'utf8').catch(() => 'none'));
  const port = await freePort(wanted ?? (Number.isInteger(lastTime) ? lastTime : undefined));
  await writePrivateFile(file, String(port));
  return port;
}

async function answers(url: string): Promise<boolean> {
  return withClient(url, async () => true);
}

async function createDatabase(url: string): Promise<void> {
  await withClient(url, async (client) => {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [databaseName]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${databaseName}`);
  });
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  // A lost connection also fails the query that is under way; without a listener it would end this process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end();
  }
}
