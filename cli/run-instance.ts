import { join } from 'node:path';
import type { Configuration } from '#domain/configuration.ts';
import { createLogger } from '#machine/logger.ts';
import { openStateFolder, runFolder } from '#machine/state-folder.ts';
import { endLeftovers } from '#machine/supervised-process.ts';
import type { CliContext } from './context.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Runtime } from './instance.ts';
import { showWhileBuilding } from './practice/while-building.ts';
import { progressFor } from './progress-for.ts';
import { ownInstanceFolder } from './up/secrets.ts';
import { type RunningInstance, startInstance, type UpOptions } from './up/up.ts';

export type InstanceOptions = {
  readonly configuration: Configuration;
  readonly practice: boolean;
  /** Of the practice range; absent: the best that this machine can carry. */
  readonly rangeLevel?: UpOptions['rangeLevel'];
};

/**
 * Practice and one's own systems keep nothing in common but the folder that they are in: what practice made (accounts,
 * keys, decisions, workflows) is never valid outside of it.
 */
function instanceFolder(stateFolder: string, practice: boolean): string {
  return practice ? stateFolder : ownInstanceFolder(stateFolder);
}

/**
 * Brings up an instance in this process's state folder, does the work, and ends everything again, whatever happens to the
 * work and whenever Ctrl-C comes. While it runs, other terminals find it by `runtime.json`.
 */
export async function withInstance(
  context: CliContext,
  options: InstanceOptions,
  work: (instance: RunningInstance) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { terminal, words, signal } = context;
  const folder = await openStateFolder({ env: context.environment, workingFolder: context.cwd });
  let instance: RunningInstance | undefined;
  try {
    // One instance runs at a time, of whichever kind: what a killed one left would still have the ports.
    for (const practice of [true, false])
      await endLeftovers(runFolder(instanceFolder(folder.path, practice)));
    instance = await bringUp(context, instanceFolder(folder.path, options.practice), options);
    await folder.writeRuntime(runtimeOf(instance));
    signal.throwIfAborted();
    return await work(instance);
  } finally {
    if (instance !== undefined) {
      terminal.say(words.practice.stopping);
      await instance.stop();
    }
    if (instance !== undefined || signal.aborted) terminal.say(words.practice.stopped);
    folder.release();
  }
}

async function bringUp(
  context: CliContext,
  stateFolder: string,
  { configuration, practice, rangeLevel }: InstanceOptions,
): Promise<RunningInstance> {
  const { signal } = context;
  const progress = progressFor(context);
  const log = createLogger({ name: 'up', file: join(stateFolder, 'log', 'up.log') });
  const noteInterrupt = (): void => context.terminal.say(context.words.practice.stopsWhenUp);
  signal.addEventListener('abort', noteInterrupt, { once: true });
  const shown = practice
    ? showWhileBuilding(context, progress, { signal, stateFolder, rangeLevel })
    : undefined;
  try {
    return await startInstance({
      ...{ configuration, practice, stateFolder, progress, log, signal },
      ...(rangeLevel === undefined ? {} : { rangeLevel }),
    });
  } finally {
    signal.removeEventListener('abort', noteInterrupt);
    await shown;
    progress.close();
  }
}

function runtimeOf(instance: RunningInstance): Runtime {
  const { serverUrl, apiKeyFile, approverKeyFile, temporalUiUrl, prometheusUrl, alertmanagerUrl } = instance;
  return {
    serverUrl,
    apiKeyFile,
    ...(approverKeyFile === undefined ? {} : { approverKeyFile }),
    ...(temporalUiUrl === undefined ? {} : { temporalUiUrl }),
    ...(prometheusUrl === undefined ? {} : { prometheusUrl }),
    ...(alertmanagerUrl === undefined ? {} : { alertmanagerUrl }),
  };
}
