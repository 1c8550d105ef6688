import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort, freePorts } from '#machine/ports.ts';
import { launch } from './app/launch.ts';
import { createLog } from './app/log.ts';
import { blueprint, type ServiceName, serviceNames, visitorsBlueprint } from './blueprint.ts';

type LogLine = Readonly<Record<string, unknown>>;
type Settings = Readonly<Record<string, string>>;
type Name = ServiceName | 'visitors';

export type LocalService = { url: string; log: readonly LogLine[] };
export type LocalProcess = LocalService & { child: ChildProcess };

/** The shop on loopback, without a cluster: how its own tests see it. */
export type LocalShop = {
  url(service: ServiceName): string;
  /** Starts a service in this process. */
  start(name: Name, settings?: Settings): Promise<LocalService>;
  startAll(): Promise<void>;
  /**
   * Starts a service as a process of its own, from the files that its image holds, and waits until it is ready or gone.
   * `release` names a folder of `releases/` that is laid over the files.
   */
  startProcess(name: Name, options?: { release?: string; settings?: Settings }): Promise<LocalProcess>;
  stop(): Promise<void>;
};

async function layOut(folder: string, release: string | undefined): Promise<string> {
  const target = await mkdtemp(join(folder, 'app-'));
  await cp(fileURLToPath(new URL('app', import.meta.url)), target, { recursive: true });
  if (release !== undefined)
    await cp(fileURLToPath(new URL(`releases/${release}`, import.meta.url)), target, { recursive: true });
  return target;
}

async function untilReady(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline && child.exitCode === null) {
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export async function createLocalShop(): Promise<LocalShop> {
  const folder = await mkdtemp(join(tmpdir(), 'shop-'));
  const found = await freePorts(serviceNames.map(() => undefined));
  const ports = new Map(serviceNames.map((name, index) => [name, found[index]]));
  const url = (service: ServiceName): string => `http://127.0.0.1:${ports.get(service)}`;
  const stops: (() => Promise<unknown>)[] = [];

  const environmentOf = async (name: Name): Promise<Settings> => {
    const data = join(folder, `${name}-data`);
    const base = { SERVICE_NAME: name, VERSION: 'local', DATA_FOLDER: data, DRAIN_MS: '0' };
    if (name === 'visitors') {
      const own = { STOREFRONT_URL: url('storefront'), PORT: String(await freePort()) };
      return { ...base, ...visitorsBlueprint.settings, ...own };
    }
    const { settings, calls, credentials, files = {} } = blueprint[name];
    await mkdir(data, { recursive: true });
    for (const [file, content] of Object.entries(files))
      await writeFile(join(data, file), JSON.stringify(content));
    const urls = Object.entries(calls).map(([key, service]) => [key, url(service)]);
    const own = { ...Object.fromEntries(urls), PORT: String(ports.get(name)) };
    return { ...base, ...settings, ...credentials, ...own };
  };

  const start: LocalShop['start'] = async (name, settings = {}) => {
    const log: LogLine[] = [];
    const environment = { ...(await environmentOf(name)), ...settings };
    const service = await launch(
      name,
      environment,
      createLog({ service: name }, (line) => log.push(JSON.parse(line))),
    );
    stops.push(() => service.shutDown());
    return { url: `http://127.0.0.1:${service.port}`, log };
  };

  const startProcess: LocalShop['startProcess'] = async (name, { release, settings } = {}) => {
    const env = { ...(await environmentOf(name)), ...settings };
    const main = join(await layOut(folder, release), 'main.ts');
    const stdio = ['ignore', 'pipe', 'inherit'] as const;
    const child = spawn(process.execPath, [main, name], { env, stdio: [...stdio] });
    stops.push(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    });
    const log: LogLine[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => log.push(JSON.parse(line)));
    const service = { url: `http://127.0.0.1:${env.PORT}`, log, child };
    await untilReady(service.url, child);
    return service;
  };

  return {
    url,
    start,
    startAll: async () => {
      await Promise.all(serviceNames.map((name) => start(name)));
    },
    startProcess,
    stop: async () => {
      await Promise.all(stops.map((stop) => stop()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
