import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { blueprint, type ServiceName, serviceNames, visitorsBlueprint } from './blueprint.ts';

type LogLine = Readonly<Record<string, unknown>>;

export type LocalProcess = { child: ChildProcess; url: string; log: readonly LogLine[] };

/** The shop as plain processes on loopback, from the files that its images hold: how its own tests see it. */
export type LocalShop = {
  /** Starts a service, or the visitors; `release` names a folder of `releases/` that is laid over its files. */
  start(
    name: ServiceName | 'visitors',
    options?: { release?: string; settings?: Readonly<Record<string, string>> },
  ): Promise<LocalProcess>;
  /** Starts every service, and waits until each is ready. */
  startAll(): Promise<void>;
  url(service: ServiceName): string;
  stop(): Promise<void>;
};

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function layOut(folder: string, name: string, release: string | undefined): Promise<string> {
  const target = join(folder, `${name}-${release ?? 'app'}`);
  await cp(fileURLToPath(new URL('app', import.meta.url)), target, { recursive: true });
  if (release !== undefined)
    await cp(fileURLToPath(new URL(`releases/${release}`, import.meta.url)), target, { recursive: true });
  return target;
}

function collectLog(child: ChildProcess): LogLine[] {
  const lines: LogLine[] = [];
  if (child.stdout !== null)
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line)));
  return lines;
}

async function untilReady(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline && child.exitCode === null) {
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export async function createLocalShop(): Promise<LocalShop> {
  const folder = await mkdtemp(join(tmpdir(), 'shop-'));
  const ports = new Map(
    await Promise.all(serviceNames.map(async (name) => [name, await freePort()] as const)),
  );
  const running: ChildProcess[] = [];
  const url = (service: ServiceName): string => `http://127.0.0.1:${ports.get(service)}`;

  const environmentOf = (name: ServiceName | 'visitors'): Record<string, string> => {
    if (name === 'visitors') return { ...visitorsBlueprint.settings, STOREFRONT_URL: url('storefront') };
    const { settings, calls, credentials } = blueprint[name];
    const urls = Object.entries(calls).map(([key, service]) => [key, url(service)]);
    return { ...settings, ...Object.fromEntries(urls), ...credentials };
  };

  const start: LocalShop['start'] = async (name, { release, settings } = {}) => {
    const data = join(folder, `${name}-data`);
    await mkdir(data, { recursive: true });
    const files = name === 'visitors' ? {} : (blueprint[name].files ?? {});
    for (const [file, content] of Object.entries(files))
      await writeFile(join(data, file), JSON.stringify(content));
    const port = name === 'visitors' ? await freePort() : (ports.get(name) ?? 0);
    const main = join(await layOut(folder, name, release), 'main.ts');
    const child = spawn(process.execPath, [main, name], {
      env: {
        ...environmentOf(name),
        PORT: String(port),
        DATA_FOLDER: data,
        SERVICE_NAME: name,
        VERSION: 'local',
        ...settings,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    running.push(child);
    const log = collectLog(child);
    await untilReady(`http://127.0.0.1:${port}`, child);
    return { child, url: `http://127.0.0.1:${port}`, log };
  };

  return {
    start,
    startAll: async () => {
      await Promise.all(serviceNames.map((name) => start(name)));
    },
    url,
    async stop() {
      const left = running.filter((child) => child.exitCode === null && child.signalCode === null);
      const gone = left.map((child) => once(child, 'exit'));
      for (const child of left) child.kill('SIGKILL');
      await Promise.all(gone);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
