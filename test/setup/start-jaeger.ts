import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '#machine/ports.ts';
import { findProgram } from '#machine/program.ts';
import { startSupervised } from '#machine/supervised-process.ts';
import { jaegerProgram } from './jaeger-program.ts';

export type RunningJaeger = {
  readonly url: string;
  /** Takes a trace in OTLP's JSON. */
  readonly take: (otlp: unknown) => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** Flags of the ports that it listens on, used or not. */
const portFlags = {
  query: 'query.http-server.host-port',
  otlp: 'collector.otlp.http.host-port',
  admin: 'admin.http.host-port',
  queryGrpc: 'query.grpc-server.host-port',
  otlpGrpc: 'collector.otlp.grpc.host-port',
  collectorGrpc: 'collector.grpc-server.host-port',
  collectorHttp: 'collector.http-server.host-port',
} as const;

/** A real Jaeger on loopback that keeps traces in memory, gone when it is stopped. */
export async function startJaeger(): Promise<RunningJaeger> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-jaeger-'));
  const program = await findProgram(jaegerProgram);
  const addresses = await Promise.all(
    Object.entries(portFlags).map(async ([name, flag]) => ({
      ...{ name, flag },
      address: `127.0.0.1:${await freePort()}`,
    })),
  );
  const urlOf = (wanted: keyof typeof portFlags) =>
    `http://${addresses.find(({ name }) => name === wanted)?.address}`;
  const server = await startSupervised({
    name: 'Jaeger',
    command: program.path,
    args: addresses.map(({ flag, address }) => `--${flag}=${address}`),
    env: { ...process.env, SPAN_STORAGE_TYPE: 'memory' },
    logFile: join(folder, 'log'),
    pidFile: join(folder, 'pid'),
    isReady: async () => (await fetch(urlOf('admin'))).ok,
  });
  return {
    url: urlOf('query'),
    take: async (otlp) => {
      const answer = await fetch(`${urlOf('otlp')}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(otlp),
      });
      if (!answer.ok) throw new Error(`Jaeger took no trace: ${answer.status} ${await answer.text()}`);
    },
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
