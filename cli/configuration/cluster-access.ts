import { basename, resolve } from 'node:path';
import type { Configuration } from '#domain/configuration.ts';
import { UnderstudyError } from '#domain/errors.ts';
import type { CliContext } from '../context.ts';
import { type ConfigurationOptions, readConfiguration } from './options.ts';

/** A cluster that a command reads without a running instance: by a file, or by its name in the configuration. */
export type ClusterOptions = ConfigurationOptions & {
  readonly cluster?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
};

export type ClusterChoice = {
  readonly name: string;
  readonly kubeconfig: string;
  readonly context: string | undefined;
};

/** The cluster that was named; the only one of the configuration where none was. Throws `bad-input` where it is not clear. */
export async function chosenCluster(
  context: CliContext,
  options: ClusterOptions,
): Promise<{ readonly cluster: ClusterChoice; readonly configuration: Configuration }> {
  const { words, cwd } = context;
  const { kubeconfig, cluster: wanted } = options;
  const { configuration } = await readConfiguration(context, options);
  if (kubeconfig !== undefined) {
    const name = options.context ?? wanted ?? basename(kubeconfig);
    return {
      cluster: { name, kubeconfig: resolve(cwd, kubeconfig), context: options.context },
      configuration,
    };
  }
  const { clusters } = configuration;
  const only = clusters.length === 1 ? clusters[0] : undefined;
  const found = wanted === undefined ? only : clusters.find(({ name }) => name === wanted);
  if (found === undefined) {
    const names = clusters.map(({ name }) => name).join(', ');
    throw new UnderstudyError('bad-input', words.analyze.whichCluster(names));
  }
  return {
    cluster: { name: found.name, kubeconfig: found.kubeconfig, context: found.context },
    configuration,
  };
}
