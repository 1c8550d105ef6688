import { join } from 'node:path';
import type { Configuration } from '#domain/configuration.ts';
import { createLogger } from '#machine/logger.ts';
import { openStateFolder, type StateFolder } from '#machine/state-folder.ts';
import type { CliContext } from './context.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Runtime } from './instance.ts';
import { progressFor } from './progress-for.ts';
import { type RunningInstance, startInstance } from './up/up.ts';

export type InstanceOptions = { readonly configuration: Configuration; readonly practice: boolean };

/**
 * Brings up an instance in this process's state folder, does the work, and ends everything again, whatever happens to the
 * work. While it runs, other terminals find it by `runtime.json`.
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
    instance = await bringUp(context, folder, options);
    // Ctrl-C while it came up: it could not be stopped half-way.
    signal.throwIfAborted();
    await folder.writeRuntime(runtimeOf(instance));
    return await work(instance);
  } finally {
    if (instance !== undefined) {
      terminal.say(words.practice.stopping);
      await instance.stop();
      terminal.say(words.practice.stopped);
    }
    folder.release();
  }
}

async function bringUp(
  context: CliContext,
  folder: StateFolder,
  { configuration, practice }: InstanceOptions,
): Promise<RunningInstance> {
  const progress = progressFor(context);
  const log = createLogger({ name: 'up', file: join(folder.path, 'log', 'up.log') });
  const noteInterrupt = (): void => context.terminal.say(context.words.practice.stopsWhenUp);
  context.signal.addEventListener('abort', noteInterrupt, { once: true });
  try {
    return await startInstance({ configuration, practice, stateFolder: folder.path, progress, log });
  } finally {
    context.signal.removeEventListener('abort', noteInterrupt);
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
