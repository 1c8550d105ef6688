import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startInstance } from '#cli/up/up.ts';
import { configurationSchema } from '#domain/configuration.ts';
import { createLogger } from '#machine/logger.ts';
import type { Progress } from '#machine/progress.ts';
import { openStateFolder, runFolder } from '#machine/state-folder.ts';
import { endLeftovers } from '#machine/supervised-process.ts';
import { otherNames } from '#range/check/other-names.ts';
import { resetCluster } from '#range/cluster/start.ts';
import { rangeLayout, rangeName } from '#range/facts.ts';
import { postgresAccount } from '#store/embedded/account.ts';
import { databaseFolder } from '#store/embedded/location.ts';

export type Whole = {
  readonly stateFolder: string;
  /** Of the administrator's one-time codes; shown at the first start, and this is one. */
  readonly totpSecret: string;
  stop(): Promise<void>;
};

/** Of the shop's names. */
const seed = 7;

/**
 * A real instance with its range, as `understudy start` brings it up, with nobody who plays on it and with a shop whose names
 * tell nothing. Other processes find it by its state folder, as other terminals do.
 */
export async function startWhole(home: string, progress: Progress): Promise<Whole> {
  await clear(home);
  const folder = await openStateFolder({ env: { UNDERSTUDY_HOME: home } });
  try {
    const instance = await startInstance({
      configuration: configurationSchema.parse({}),
      practice: true,
      shopNames: otherNames(seed),
      signal: new AbortController().signal,
      stateFolder: folder.path,
      progress,
      log: createLogger({ name: 'up', file: join(folder.path, 'log', 'up.log') }),
    });
    const { range: _range, stop, firstStart, ...facts } = instance;
    if (firstStart === undefined) throw new Error('this is no first start');
    await folder.writeRuntime(facts);
    return {
      stateFolder: folder.path,
      totpSecret: firstStart.totp.secret,
      stop: async () => {
        await stop();
        folder.release();
        // It may be outside the folder, where PostgreSQL's user can reach it.
        const database = await databaseFolder(folder.path, await postgresAccount());
        await Promise.all([folder.path, database].map((path) => rm(path, { recursive: true, force: true })));
      },
    };
  } catch (error) {
    folder.release();
    throw error;
  }
}

/** Ends and removes what a run that was killed left here: its processes, its range with nodes and pods, its files. */
async function clear(home: string): Promise<void> {
  await endLeftovers(runFolder(home));
  await resetCluster({ stateFolder: rangeLayout(home).cluster, rangeName });
  await rm(home, { recursive: true, force: true });
}
