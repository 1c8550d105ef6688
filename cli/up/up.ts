import { existsSync } from 'node:fs';
import type { Logger } from 'pino';
import type { Configuration, PatrolSettings, ServerProcessSettings } from '#domain/configuration.ts';
import { UnderstudyError } from '#domain/errors.ts';
import { fromMs } from '#domain/time.ts';
import { loadRunbooks } from '#knowledge/load-runbooks.ts';
import { type HeldPort, holdPorts } from '#machine/ports.ts';
import { writePrivateFile } from '#machine/private-file.ts';
import type { Progress } from '#machine/progress.ts';
import type { OwnLevel } from '#range/cluster/level.ts';
import type { ShopNames } from '#range/shop/names.ts';
import type { Range } from '#range/start.ts';
import {
  administratorName,
  bootstrapTenant,
  intakeAccountName,
  rangeApproverName,
  renewApiKey,
} from '#server/auth/first-start.ts';
import { migrate } from '#store/migrate.ts';
import { inTenant, openStore, type Store } from '#store/pool.ts';
import { putRunbook } from '#store/runbooks.ts';
import type { TemporalServer } from '#temporal-dev/start-temporal.ts';
import { startDatabase, startTemporalServer } from './base.ts';
import { bothUnder } from './both-under.ts';
import { type OwnProcess, startOwnProcess } from './own-processes.ts';
import { ensureSecrets, type SecretFiles } from './secrets.ts';
import { givenWorld, practiceWorld, type World } from './world.ts';

export type UpOptions = {
  readonly configuration: Configuration;
  /** With the practice range in place of the user's own clusters. */
  readonly practice: boolean;
  /** How real the range is; absent: as real as this machine can carry. */
  readonly rangeLevel?: OwnLevel;
  /** How the range's shop is called, where it is not to have its usual names. */
  readonly shopNames?: ShopNames;
  readonly stateFolder: string;
  readonly progress: Progress;
  readonly log: Logger;
  /** Ends the coming up; what was started by then is ended again. */
  readonly signal: AbortSignal;
};

export type FirstStart = {
  readonly adminUser: string;
  readonly totp: { readonly secret: string; readonly uri: string };
};

export type RunningInstance = {
  readonly serverUrl: string;
  readonly temporalUiUrl?: string;
  readonly prometheusUrl?: string;
  readonly alertmanagerUrl?: string;
  readonly apiKeyFile: string;
  readonly intakeKeyFile: string;
  /** With the practice range alone. */
  readonly approverKeyFile?: string;
  /** The first time, and never again. */
  readonly firstStart?: FirstStart;
  readonly range?: Range;
  stop(): Promise<void>;
};

type Ports = Readonly<Record<OwnProcess, HeldPort>>;

/** What was started, to be ended in the opposite order. */
type Stops = { readonly push: (stop: () => Promise<unknown>) => void; readonly all: () => Promise<void> };

function stopList(log: Logger): Stops {
  const stops: (() => Promise<unknown>)[] = [];
  return {
    push: (stop) => void stops.push(stop),
    all: async () => {
      for (const stop of stops.splice(0).toReversed()) {
        await stop().catch((error: unknown) => log.error({ err: error }, 'a part did not stop cleanly'));
      }
    },
  };
}

/**
 * Brings up an instance: PostgreSQL, Temporal, the world (the range, or what the configuration names), the server, the worker
 * and, unless it is read-only, the actions process. All of it is supervised until `stop()`.
 * Whatever fails ends what was started before it, and so does the signal, whose reason is thrown then.
 */
export async function startInstance(options: UpOptions): Promise<RunningInstance> {
  const stops = stopList(options.log);
  try {
    return await start(options, stops);
  } catch (error) {
    await stops.all();
    throw error;
  }
}

async function start(options: UpOptions, stops: Stops): Promise<RunningInstance> {
  const { configuration, stateFolder, signal } = options;
  const files = await ensureSecrets(stateFolder);
  const ports = await ownPorts(options, stops);
  const serverUrl = `http://127.0.0.1:${ports.server.port}`;
  const databaseUrl = await startDatabase(options, stops.push);
  signal.throwIfAborted();
  // The range's Alertmanager is given a key that is made here.
  const firstStart = await prepareStore(options, databaseUrl, files);
  signal.throwIfAborted();
  const [temporal, world] = await bothUnder(signal, (either) => [
    startTemporalServer({ ...options, signal: either }, stops.push),
    options.practice
      ? practiceWorld(
          { ...options, signal: either },
          { serverPort: ports.server.port, intakeKeyFile: files.intakeKey },
          stops.push,
        )
      : givenWorld(configuration),
  ]);
  const base: Base = { databaseUrl, temporal };
  const parts = { options, base, world, files, serverUrl };
  signal.throwIfAborted();
  await startOwnProcesses(parts, ports, stops);
  return {
    serverUrl,
    ...(base.temporal.uiUrl === undefined ? {} : { temporalUiUrl: base.temporal.uiUrl }),
    ...(world.prometheusUrl === undefined ? {} : { prometheusUrl: world.prometheusUrl }),
    ...(world.alertmanagerUrl === undefined ? {} : { alertmanagerUrl: world.alertmanagerUrl }),
    apiKeyFile: files.apiKey,
    intakeKeyFile: files.intakeKey,
    ...(options.practice ? { approverKeyFile: files.approverKey } : {}),
    ...(firstStart === undefined ? {} : { firstStart }),
    ...(world.range === undefined ? {} : { range: world.range }),
    stop: () => stops.all(),
  };
}

/**
 * Our processes' ports, held until each of them starts: others are told of them, and the range may take minutes to come up.
 * @throws `configuration` where the server's port is taken and others know it from the configuration
 */
async function ownPorts({ configuration, practice }: UpOptions, stops: Stops): Promise<Ports> {
  const wanted = configuration.server.port;
  const [server, worker, actions] = await holdPorts([wanted, wanted + 1, wanted + 2]);
  if (server === undefined || worker === undefined || actions === undefined)
    throw new UnderstudyError('internal', 'ports were asked for and not given');
  for (const { release } of [server, worker, actions]) stops.push(release);
  if (!practice && server.port !== wanted) {
    throw new UnderstudyError(
      'configuration',
      `port ${wanted} is taken by another program: end that one, or set another with --port or server.port`,
    );
  }
  return { server, worker, actions };
}

/** Each takes a few seconds to load, and none needs another to become ready. One that fails is told once all have tried. */
async function startOwnProcesses(parts: Parts, ports: Ports, stops: Stops): Promise<void> {
  const { configuration, stateFolder } = parts.options;
  const wanted: { readonly name: OwnProcess; readonly settings: (port: number) => object }[] = [
    { name: 'server', settings: (port) => serverSettings(parts, port) },
    { name: 'worker', settings: (port) => workerSettings(parts, port) },
  ];
  if (!configuration.readOnly && parts.world.actorClusters.length > 0)
    wanted.push({ name: 'actions', settings: (port) => actionsSettings(parts, port) });
  const started = await Promise.allSettled(
    wanted.map(({ name, settings }) => startOwnProcess({ name, stateFolder, settings, port: ports[name] })),
  );
  for (const each of started) if (each.status === 'fulfilled') stops.push(() => each.value.stop());
  for (const each of started) if (each.status === 'rejected') throw each.reason;
}

/** Brings the schema up to date and, the first time, makes the administrator, the keys and the one-time-code seed. */
async function prepareStore(
  options: UpOptions,
  databaseUrl: string,
  files: SecretFiles,
): Promise<FirstStart | undefined> {
  await migrate(databaseUrl, { log: (message) => options.log.info(message) });
  const store = openStore({ databaseUrl, applicationName: 'understudy-up', poolSize: 2 });
  try {
    const { tenant } = options.configuration;
    const runbooks = await loadRunbooks();
    await inTenant(store, tenant, async (tx) => {
      for (const runbook of runbooks) await putRunbook(tx, runbook);
    });
    const { practice } = options;
    const made = await bootstrapTenant(store, { tenant, practice, now: fromMs(Date.now()) });
    if (made.created) {
      await writePrivateFile(files.apiKey, `${made.apiKey}\n`);
      await writePrivateFile(files.intakeKey, `${made.intakeKey}\n`);
      const { rangeApproverKey } = made;
      if (rangeApproverKey !== undefined) await writePrivateFile(files.approverKey, `${rangeApproverKey}\n`);
      return { adminUser: made.adminUser, totp: made.totp };
    }
    await renewLostKeys(store, options, files);
    return undefined;
  } finally {
    await store.close();
  }
}

/** A key file that is gone (another machine, a kill at a bad moment) is made anew; the key that was in it ends. */
async function renewLostKeys(
  store: Store,
  { configuration: { tenant }, practice }: UpOptions,
  files: SecretFiles,
): Promise<void> {
  const owners = [
    [administratorName, files.apiKey],
    [intakeAccountName, files.intakeKey],
    ...(practice ? ([[rangeApproverName, files.approverKey]] as const) : []),
  ] as const;
  for (const [userName, file] of owners) {
    if (existsSync(file)) continue;
    const key = await renewApiKey(store, { tenant, userName, now: fromMs(Date.now()) });
    await writePrivateFile(file, `${key}\n`);
  }
}

/** What everything else stands on. */
type Base = { readonly databaseUrl: string; readonly temporal: TemporalServer };

type Parts = {
  readonly options: UpOptions;
  readonly base: Base;
  readonly world: World;
  readonly files: SecretFiles;
  readonly serverUrl: string;
};

function commonSettings({ options, base }: Parts) {
  const { address, namespace, uiUrl } = base.temporal;
  return {
    tenant: options.configuration.tenant,
    stateFolder: options.stateFolder,
    databaseUrl: base.databaseUrl,
    temporal: { address, namespace, ...(uiUrl === undefined ? {} : { uiUrl }) },
  };
}

function serverSettings(parts: Parts, port: number): ServerProcessSettings {
  const { configuration } = parts.options;
  return {
    ...commonSettings(parts),
    // Where the range is, its Alertmanager runs on this machine too: loopback is enough.
    host: configuration.server.host,
    port,
    publicUrl: configuration.server.publicUrl ?? parts.serverUrl,
    maxIntakeBytes: configuration.server.maxIntakeBytes,
    keyFolder: parts.files.keyFolder,
    internalTokenFile: parts.files.internalToken,
    clusters: parts.world.clusters.map((cluster) => cluster.name),
    serviceCatalogue: parts.world.serviceCatalogue,
    readOnly: configuration.readOnly,
  };
}

/** Alert rules of the practice range wait for seconds, not minutes: nothing is to be found before them. */
const rangePatrolMinutes = 5;

function patrolIn({ range }: World, patrol: PatrolSettings): PatrolSettings {
  const { everyMinutes } = patrol;
  if (range === undefined || everyMinutes === 0) return patrol;
  return { ...patrol, everyMinutes: Math.max(everyMinutes, rangePatrolMinutes) };
}

function workerSettings(parts: Parts, healthPort: number) {
  const { world, files, serverUrl, options } = parts;
  return {
    ...commonSettings(parts),
    healthPort,
    serverUrl,
    internalTokenFile: files.internalToken,
    clusters: world.clusters,
    ...(world.prometheusUrl === undefined ? {} : { prometheusUrl: world.prometheusUrl }),
    ...(world.alertmanagerUrl === undefined ? {} : { alertmanagerUrl: world.alertmanagerUrl }),
    backEnds: world.backEnds,
    serviceCatalogue: world.serviceCatalogue,
    patrol: patrolIn(world, options.configuration.patrol),
    // Where no actor is configured nobody may act either.
    readOnly: options.configuration.readOnly || world.actorClusters.length === 0,
  };
}

function actionsSettings(parts: Parts, healthPort: number) {
  return {
    ...commonSettings(parts),
    healthPort,
    grantPublicKeyFile: parts.files.grantPublicKey,
    clusters: parts.world.actorClusters,
  };
}
