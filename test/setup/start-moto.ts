import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '#machine/ports.ts';
import { findProgram } from '#machine/program.ts';
import { startSupervised } from '#machine/supervised-process.ts';
import { motoProgram } from './moto-program.ts';

export type RunningMoto = { readonly url: string; readonly stop: () => Promise<void> };

/** A moto server on loopback: AWS' APIs, with what a test puts into them, gone when it is stopped. */
export async function startMoto(): Promise<RunningMoto> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-moto-'));
  const [program, port] = await Promise.all([findProgram(motoProgram), freePort()]);
  const url = `http://127.0.0.1:${port}`;
  const server = await startSupervised({
    name: 'moto',
    command: program.path,
    args: ['-H', '127.0.0.1', '-p', String(port)],
    env: { ...process.env, ...program.env },
    logFile: join(folder, 'log'),
    pidFile: join(folder, 'pid'),
    isReady: async () => (await fetch(`${url}/moto-api/`)).ok,
  });
  return {
    url,
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
