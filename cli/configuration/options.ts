import { Option } from 'commander';
import type { CliContext } from '../context.ts';
import type { Words } from '../words/words.ts';
import { type LoadedConfiguration, type LoadOptions, loadConfiguration } from './load.ts';
import { readText, settingAt } from './settings.ts';

/** The flags of settings. There is none for what holds a password: arguments are for all to see. */
const flags = [
  { flag: '--read-only', value: '', option: 'readOnly', path: 'readOnly' },
  { flag: '--host', value: ' <address>', option: 'host', path: 'server.host' },
  { flag: '--port', value: ' <number>', option: 'port', path: 'server.port' },
  { flag: '--temporal-address', value: ' <host:port>', option: 'temporalAddress', path: 'temporal.address' },
  { flag: '--prometheus-url', value: ' <url>', option: 'prometheusUrl', path: 'prometheusUrl' },
  { flag: '--alertmanager-url', value: ' <url>', option: 'alertmanagerUrl', path: 'alertmanagerUrl' },
] as const;
type FlagName = (typeof flags)[number]['option'];

/** What commander makes of the options. */
export type ConfigurationOptions = { readonly config?: string } & {
  readonly [Name in FlagName]?: string | true;
};

/** The options of every command that reads the configuration. */
export function configurationOptions(
  words: Words,
  only: readonly FlagName[] = flags.map((f) => f.option),
): Option[] {
  return [
    new Option('--config <file>', words.option.config),
    ...flags
      .filter(({ option }) => only.includes(option))
      .map(({ flag, value, option }) => new Option(`${flag}${value}`, words.option[option])),
  ];
}

/** The options of every command that reads a live system without a running instance. */
export function clusterOptions(words: Words): Option[] {
  return [
    new Option('--cluster <name>', words.option.analyzedCluster),
    new Option('--kubeconfig <file>', words.option.analyzedKubeconfig),
    new Option('--context <name>', words.option.analyzedContext),
    ...configurationOptions(words, ['prometheusUrl', 'alertmanagerUrl']),
  ];
}

/** The configuration with these options on top. Throws `configuration` with everything that is wrong. */
export function readConfiguration(
  { environment, cwd, words, language }: CliContext,
  options: ConfigurationOptions,
  without: LoadOptions['without'] = [],
): Promise<LoadedConfiguration> {
  const given = flags.flatMap(({ flag, option, path }) => {
    const value = options[option];
    return value === undefined ? [] : [[path, { flag, value: readFlag(path, value) }] as const];
  });
  return loadConfiguration({
    flags: Object.fromEntries(given),
    environment,
    cwd,
    words,
    language,
    without,
    ...(options.config === undefined ? {} : { file: options.config }),
  });
}

function readFlag(path: string, value: string | true): unknown {
  const setting = settingAt(path);
  return value === true || setting === undefined ? value : readText(setting, value);
}
