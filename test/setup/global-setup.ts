import { chmod, mkdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { messageOf } from '#domain/errors.ts';
import { tryFileLock } from '#machine/file-lock.ts';
import { createProgress, type Progress } from '#machine/progress.ts';
import { runFolder } from '#machine/state-folder.ts';
import { endLeftovers } from '#machine/supervised-process.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '#store/embedded/embedded-postgres.ts';
import { migrate } from '#store/migrate.ts';
import { startTemporal } from '#temporal-dev/start-temporal.ts';
import type { Whole } from '#test/whole/testing/start-whole.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where test files ask for a PostgreSQL and a Temporal server. */
    servicesUrl: string;
  }
}

/**
 * Runs once, in vitest's own process: one PostgreSQL and one Temporal server for all test files, each started when
 * the first file asks for it, so that a run without them costs nothing.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { stateFolder, release } = await takeFolder();
  const progress = createProgress({ stream: process.stderr });
  const postgres = once(() => startDatabase(stateFolder));
  const temporal = once(() => startTemporal({ stateFolder, progress }));
  const whole = once(() => startWholeIn(`${stateFolder}-whole`, progress));
  const services: Record<string, () => Promise<unknown>> = {
    '/database': async () => ({ url: (await postgres.get()).url }),
    '/temporal': async () => ({ address: (await temporal.get()).address }),
    '/instance': async () => {
      const { stateFolder: home, totpSecret } = await whole.get();
      return { stateFolder: home, totpSecret };
    },
  };
  const server = createServer(async (request, response) => {
    try {
      response.end(JSON.stringify(await services[request.url ?? '']?.()));
    } catch (error) {
      response.writeHead(503).end(messageOf(error));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  project.provide('servicesUrl', `http://127.0.0.1:${address.port}`);
  return async () => {
    server.close();
    server.closeAllConnections();
    await Promise.all([postgres.stop(), temporal.stop(), whole.stop()]);
    progress.close();
    await rm(stateFolder, { recursive: true, force: true });
    release();
  };
}

/**
 * A state folder that no other run has now. They have fixed names, so that this run finds, and ends, what a killed one
 * left running in its folder.
 */
async function takeFolder(): Promise<{ stateFolder: string; release: () => void }> {
  for (let slot = 0; ; slot += 1) {
    const stateFolder = join(tmpdir(), `understudy-test-${process.getuid?.()}-${slot}`);
    const lock = await tryFileLock(`${stateFolder}.lock`);
    if (lock === undefined) continue;
    await endLeftovers(runFolder(stateFolder));
    await rm(stateFolder, { recursive: true, force: true });
    // Open to PostgreSQL's user too, so that the database stays in it and goes with it.
    await mkdir(stateFolder);
    await chmod(stateFolder, 0o711);
    return { stateFolder, release: () => lock.release() };
  }
}

/** The database that every test file's own is a copy of. */
async function startDatabase(stateFolder: string): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ stateFolder });
  await migrate(postgres.url);
  return postgres;
}

/** The whole instance, with its range: for the tests of the whole alone, which share it. */
async function startWholeIn(home: string, progress: Progress): Promise<Whole> {
  // Only here, for it brings everything there is with it.
  const { startWhole } = await import('../whole/testing/start-whole.ts');
  return startWhole(home, progress);
}

function once<T extends { stop(): Promise<void> }>(start: () => Promise<T>) {
  let started: Promise<T> | undefined;
  return {
    get: () => {
      started ??= start();
      return started;
    },
    stop: async () => {
      // One that never started has told the test that asked for it.
      const service = await started?.catch(() => undefined);
      await service?.stop();
    },
  };
}
