import { chown, cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '#machine/ports.ts';
import { findProgram } from '#machine/program.ts';
import { startSupervised } from '#machine/supervised-process.ts';
import { openSearchProgram, openSearchVersion } from './opensearch-program.ts';

export type RunningOpenSearch = { readonly url: string; readonly stop: () => Promise<void> };

/** It refuses to run as root; "nobody" is on every system. */
const nobody = { uid: 65_534, gid: 65_534 };

const module = {
  'plugin-descriptor.properties': [
    'name=transport-netty4',
    'description=HTTP and transport',
    `version=${openSearchVersion}`,
    `opensearch.version=${openSearchVersion}`,
    'java.version=11',
    'classname=org.opensearch.transport.Netty4Plugin',
  ],
  'plugin-security.policy': ['grant { permission java.security.AllPermission; };'],
};

const logging = [
  'appender.console.type = Console',
  'appender.console.name = console',
  'appender.console.layout.type = PatternLayout',
  'appender.console.layout.pattern = [%d{ISO8601}][%-5p] %m%n',
  'rootLogger.level = warn',
  'rootLogger.appenderRef.console.ref = console',
];

function settings(folder: string, httpPort: number, transportPort: number): string[] {
  return [
    'discovery.type: single-node',
    'network.host: 127.0.0.1',
    `http.port: ${httpPort}`,
    `transport.port: ${transportPort}`,
    `path.data: ${join(folder, 'data')}`,
    `path.logs: ${join(folder, 'logs')}`,
    // A disk that is nearly full is no matter to a test.
    'cluster.routing.allocation.disk.threshold_enabled: false',
  ];
}

async function writeLines(file: string, lines: readonly string[]): Promise<void> {
  await writeFile(file, `${lines.join('\n')}\n`);
}

async function ownAll(folder: string, { uid, gid }: typeof nobody): Promise<void> {
  await chown(folder, uid, gid);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    await chown(join(entry.parentPath, entry.name), uid, gid);
  }
}

/** Its home: a copy of the libraries, which the user it runs as can read, and its configuration. */
async function layOut(folder: string, root: string, ports: readonly [number, number]): Promise<void> {
  await cp(root, folder, { recursive: true });
  await Promise.all(['config', 'data', 'logs', 'plugins', 'tmp'].map((name) => mkdir(join(folder, name))));
  for (const [name, lines] of Object.entries(module)) {
    await writeLines(join(folder, 'modules', 'transport-netty4', name), lines);
  }
  await writeLines(join(folder, 'config', 'opensearch.yml'), settings(folder, ...ports));
  await writeLines(join(folder, 'config', 'log4j2.properties'), logging);
}

/** A real OpenSearch on loopback, one node without its security plug-in, gone with its data when it is stopped. */
export async function startOpenSearch(): Promise<RunningOpenSearch> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-opensearch-'));
  const [program, httpPort, transportPort] = await Promise.all([
    findProgram(openSearchProgram),
    freePort(),
    freePort(),
  ]);
  if (program.root === undefined) throw new Error(`${program.path}: without its libraries`);
  await layOut(folder, program.root, [httpPort, transportPort]);
  const user = process.getuid?.() === 0 ? nobody : undefined;
  if (user !== undefined) await ownAll(folder, user);
  const url = `http://127.0.0.1:${httpPort}`;
  const properties = {
    'opensearch.path.home': folder,
    'opensearch.path.conf': join(folder, 'config'),
    'opensearch.distribution.type': 'tar',
    'java.io.tmpdir': join(folder, 'tmp'),
  };
  const server = await startSupervised({
    name: 'OpenSearch',
    command: join(folder, openSearchProgram.name),
    args: [
      ...['-Xms256m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
      ...Object.entries(properties).map(([name, value]) => `-D${name}=${value}`),
      'org.opensearch.bootstrap.OpenSearch',
    ],
    env: process.env,
    cwd: folder,
    ...(user === undefined ? {} : { user }),
    logFile: join(folder, 'log'),
    pidFile: join(folder, 'pid'),
    isReady: async () => (await fetch(`${url}/_cluster/health?wait_for_status=yellow`)).ok,
  });
  return {
    url,
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
