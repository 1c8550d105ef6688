import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { z } from 'zod';
import { messageOf, UnderstudyError } from '#domain/errors.ts';
import { freePorts } from '#machine/ports.ts';
import { ensurePrivateFolder, writePrivateFile } from '#machine/private-file.ts';
import { type FindProgramOptions, findProgram } from '#machine/program.ts';
import { runFolder } from '#machine/state-folder.ts';
import {
  endLeftover,
  type SupervisedChange,
  type SupervisedProcess,
  startSupervised,
} from '#machine/supervised-process.ts';
import { registerSearchAttributes } from './search-attributes.ts';
import { temporalProgram } from './temporal-program.ts';

export type TemporalServer = {
  /** `host:port` of its gRPC front end. */
  address: string;
  namespace: string;
  /** Where people reach its UI; unknown for a server of the user's own. */
  uiUrl?: string;
  /** Absent for a server of the user's own. */
  process?: SupervisedProcess;
  /** Ends the server if we started it. */
  stop(): Promise<void>;
};

export type StartTemporalOptions = FindProgramOptions & {
  stateFolder: string;
  /** Told about deaths and returns of the server. */
  onChange?: (change: SupervisedChange) => void;
};

const namespace = 'default';
const loopback = '127.0.0.1';
/** Temporal's usual ones, so that its command line tool and people's habits just work. */
const usualPorts = { port: 7233, uiPort: 8233 };
const portsSchema = z.object({ port: z.int(), uiPort: z.int() });

/**
 * Starts a Temporal development server with its UI for this state folder, finding (or fetching, or building) it first. Data is in a
 * file there; ports stay the same from start to start where they can. It is supervised: killed, it is back within 3 s with
 * everything it knew. Throws `program-missing` when there is no way to a server, `unavailable` when it does not start.
 */
export async function startTemporal(options: StartTemporalOptions): Promise<TemporalServer> {
  const { path: command } = await findProgram(temporalProgram, options);
  const folder = join(options.stateFolder, 'temporal');
  await ensurePrivateFolder(folder);
  const pidFile = join(runFolder(options.stateFolder), 'temporal.pid');
  // Before the ports are chosen: what a killed run left still has them.
  await endLeftover(pidFile);
  const { port, uiPort } = await choosePorts(join(folder, 'ports.json'));
  const address = `${loopback}:${port}`;
  const process = await startSupervised({
    name: 'Temporal',
    command,
    args: serverArguments({ databaseFile: join(folder, 'temporal.db'), port, uiPort }),
    // Its home is ours, so that no configuration of the user's own reaches it.
    env: { PATH: '/usr/bin:/bin', HOME: folder },
    logFile: join(options.stateFolder, 'log', 'temporal.log'),
    pidFile,
    isReady: () => isServing(address),
    ...(options.onChange === undefined ? {} : { onChange: options.onChange }),
  });
  try {
    await prepare(address, namespace);
  } catch (error) {
    await process.stop();
    throw error;
  }
  return { address, namespace, uiUrl: `http://${loopback}:${uiPort}`, process, stop: () => process.stop() };
}

/**
 * Makes a Temporal server of the user's own ready: checks that it answers and registers the search attributes.
 * Throws `unavailable` or `configuration` with what to do.
 */
export async function prepareTemporal(server: {
  address: string;
  namespace: string;
}): Promise<TemporalServer> {
  await prepare(server.address, server.namespace);
  return { ...server, stop: async () => undefined };
}

async function prepare(address: string, namespaceName: string): Promise<void> {
  const connection = await connect(address);
  try {
    await registerSearchAttributes(connection, namespaceName);
  } finally {
    await connection.close();
  }
}

async function connect(address: string): Promise<Connection> {
  try {
    return await Connection.connect({ address, connectTimeout: 5_000 });
  } catch (cause) {
    throw new UnderstudyError(
      'unavailable',
      `no Temporal server answers at ${address} (${messageOf(cause)}): start it, or correct TEMPORAL_ADDRESS`,
      { cause },
    );
  }
}

async function isServing(address: string): Promise<boolean> {
  const connection = await Connection.connect({ address, connectTimeout: 1_000 });
  try {
    await connection.workflowService.describeNamespace({ namespace });
    return true;
  } finally {
    await connection.close();
  }
}

/**
 * Limits that a burst of alerts reaches on one server: requests of a namespace (2,400 a second), of visibility (100), and
 * waiting polls and queries (1,200).
 */
const dynamicConfig = {
  'frontend.rps': 20_000,
  'frontend.namespaceRPS': 20_000,
  'frontend.namespaceRPS.visibility': 1_000,
  'frontend.namespaceCount': 10_000,
  'history.rps': 20_000,
  'matching.rps': 20_000,
};

function serverArguments(options: { databaseFile: string; port: number; uiPort: number }): string[] {
  const pairs = (flag: string, values: readonly string[]) => values.flatMap((value) => [flag, value]);
  return [
    ...['server', 'start-dev', '--ip', loopback, '--log-level', 'warn', '--log-format', 'json'],
    ...['--port', String(options.port), '--ui-port', String(options.uiPort)],
    ...['--db-filename', options.databaseFile],
    // SQLite's default journal is ten times slower under load; with these a kill loses nothing.
    ...pairs('--sqlite-pragma', ['journal_mode=WAL', 'synchronous=NORMAL']),
    ...pairs(
      '--dynamic-config-value',
      Object.entries(dynamicConfig).map((pair) => pair.join('=')),
    ),
  ];
}

async function choosePorts(file: string): Promise<z.infer<typeof portsSchema>> {
  const lastTime = await readFile(file, 'utf8').then(
    (text) => portsSchema.parse(JSON.parse(text)),
    () => usualPorts,
  );
  const [port, uiPort] = await freePorts([lastTime.port, lastTime.uiPort]);
  const ports = portsSchema.parse({ port, uiPort });
  await writePrivateFile(file, JSON.stringify(ports));
  return ports;
}
