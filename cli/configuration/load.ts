import { dirname, isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import { type Configuration, configurationSchema } from '#domain/configuration.ts';
import { UnderstudyError } from '#domain/errors.ts';
import type { Language, Words } from '../words/words.ts';
import { joinCatalogues, readCatalogueFile } from './catalogue-file.ts';
import { formatPath, pathsIn, withValueAt } from './paths.ts';
import { localErrors, misspeltVariables, mistakes, unknownKeyProblems, valueProblems } from './problems.ts';
import {
  authorizedSections,
  clusterFileFields,
  configurationFileName,
  configurationVariable,
  readText,
  settings,
} from './settings.ts';
import { readYamlFile, type YamlFile } from './yaml-file.ts';

export type Origin = {
  readonly kind: 'flag' | 'environment' | 'file' | 'default';
  /** `--port`, `DATABASE_URL`, `understudy.yaml:12`; empty for a default. */
  readonly where: string;
};

type FileOptions = {
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  readonly cwd: string;
  /** The file that `--config` named; it must exist then. */
  readonly file?: string;
  readonly words: Words;
};

export type LoadOptions = FileOptions & {
  /** Values given as flags, by the setting's path. */
  readonly flags: Readonly<Record<string, { readonly flag: string; readonly value: unknown }>>;
  /** Top-level settings that stay at their defaults whatever is set: the user's own systems, for practice. */
  readonly without?: readonly (keyof Configuration)[];
  readonly language: Language;
};

export type LoadedConfiguration = {
  readonly configuration: Configuration;
  /** Where the value at a path came from. */
  originOf(path: string): Origin;
  /** The file that was read, if there was one. */
  readonly file?: string;
};

/**
 * Flag > environment > `understudy.yaml` > default. Everything that is wrong is said at once: key, value, where it came
 * from and what a right value looks like. The shell's KUBECONFIG is not looked at: a cluster is used when it is named.
 * Throws `configuration`.
 */
export async function loadConfiguration(options: LoadOptions): Promise<LoadedConfiguration> {
  const { words, language } = options;
  const file = await readConfigurationFile(options);
  const { raw, origins } = layered(file, options);
  const left = new Set<string>(options.without ?? []);
  const unknown = file === undefined ? [] : unknownKeyProblems(file, configurationSchema, words);
  const problems = [
    ...misspeltVariables(options.environment, words),
    ...unknown.filter(({ section }) => !left.has(section)).map(({ text }) => text),
  ];
  const parsed = configurationSchema.safeParse(raw, { error: localErrors(language) });
  const whereIs = (path: readonly PropertyKey[]): string => nearestOrigin(origins, path).where;
  problems.push(...valueProblems(parsed.error?.issues ?? [], { raw, whereIs, words }));
  if (!parsed.success || problems.length > 0) throw mistakes(problems, words);
  const originOf = (path: string): Origin => origins.get(path) ?? defaultOrigin;
  const configuration = withAbsolutePaths(parsed.data, originOf, {
    file: file === undefined ? options.cwd : dirname(file.path),
    cwd: options.cwd,
    home: options.environment.HOME,
  });
  return {
    configuration: await withCatalogueFile(configuration, originOf, options),
    originOf,
    ...(file === undefined ? {} : { file: file.path }),
  };
}

/** The language that is configured, whatever else is wrong: what is wrong is then said in that language. */
export async function configuredLanguage(options: FileOptions): Promise<Language | undefined> {
  const schema = configurationSchema.shape.language;
  const fromVariable = schema.safeParse(options.environment.UNDERSTUDY_LANGUAGE).data;
  if (fromVariable !== undefined) return fromVariable;
  try {
    const file = await readConfigurationFile(options);
    return z.object({ language: schema }).safeParse(file?.value).data?.language;
  } catch (error) {
    // The file is broken; whoever loads it says so, in the language of the locale.
    if (error instanceof UnderstudyError) return undefined;
    throw error;
  }
}

async function readConfigurationFile(options: FileOptions): Promise<YamlFile | undefined> {
  const named = options.file ?? options.environment[configurationVariable] ?? '';
  const shown = named === '' ? configurationFileName : named;
  const file = await readYamlFile(resolve(options.cwd, shown), shown, options.words);
  if (file === undefined && named !== '') {
    throw new UnderstudyError('configuration', options.words.configuration.noSuchFile(shown));
  }
  return file;
}

const defaultOrigin: Origin = { kind: 'default', where: '' };

type Layers = { readonly raw: Record<string, unknown>; readonly origins: ReadonlyMap<string, Origin> };

/** File, environment and flags laid over one another, before anything is checked. */
function layered(file: YamlFile | undefined, options: LoadOptions): Layers {
  const left: readonly string[] = options.without ?? [];
  const inFile = file === undefined ? {} : topLevelOf(file, options.words);
  let raw = Object.fromEntries(Object.entries(inFile).filter(([key]) => !left.includes(key)));
  const origins = new Map<string, Origin>(
    pathsIn(raw).map((path) => [formatPath(path), { kind: 'file', where: file?.whereIs(path) ?? '' }]),
  );
  const put = (path: string, value: unknown, origin: Origin): void => {
    const keys = path.split('.');
    if (left.includes(keys[0] ?? '')) return;
    raw = withValueAt(raw, keys, value);
    origins.set(path, origin);
  };
  for (const setting of settings) {
    const text = options.environment[setting.variable] ?? '';
    if (text === '') continue;
    put(setting.path, readText(setting, text), { kind: 'environment', where: setting.variable });
  }
  for (const [path, { flag, value }] of Object.entries(options.flags)) {
    put(path, value, { kind: 'flag', where: flag });
  }
  return { raw, origins };
}

function topLevelOf(file: YamlFile, words: Words): Record<string, unknown> {
  const parsed = z.record(z.string(), z.unknown()).safeParse(file.value);
  if (!parsed.success) throw mistakes([words.configuration.notAMap(file.whereIs([]))], words);
  return parsed.data;
}

/** The origin of a path, or of the nearest section around it: a key that is missing was forgotten there. */
function nearestOrigin(origins: ReadonlyMap<string, Origin>, path: readonly PropertyKey[]): Origin {
  for (let length = path.length; length > 0; length -= 1) {
    const origin = origins.get(formatPath(path.slice(0, length)));
    if (origin !== undefined) return origin;
  }
  return defaultOrigin;
}

type Folders = { readonly file: string; readonly cwd: string; readonly home: string | undefined };

function withAbsolutePaths(
  configuration: Configuration,
  originOf: (path: string) => Origin,
  folders: Folders,
): Configuration {
  const absolute = (path: string, value: string): string => {
    if (value.startsWith('~/') && folders.home !== undefined) return resolve(folders.home, value.slice(2));
    if (isAbsolute(value)) return value;
    return resolve(originOf(path).kind === 'file' ? folders.file : folders.cwd, value);
  };
  const files = (['policyFile', 'serviceCatalogueFile'] as const).flatMap((key) => {
    const value = configuration[key];
    return value === undefined ? [] : [[key, absolute(key, value)]];
  });
  const clusters = configuration.clusters.map((cluster, index) => {
    const fields = clusterFileFields.flatMap((field) => {
      const value = cluster[field];
      return value === undefined ? [] : [[field, absolute(`clusters[${index}].${field}`, value)]];
    });
    return { ...cluster, ...Object.fromEntries(fields) };
  });
  const sections = authorizedSections.flatMap((key) => {
    const section = configuration[key];
    const value = section?.authorizationFile;
    if (value === undefined) return [];
    return [[key, { ...section, authorizationFile: absolute(`${key}.authorizationFile`, value) }]];
  });
  return { ...configuration, ...Object.fromEntries([...files, ...sections]), clusters };
}

async function withCatalogueFile(
  configuration: Configuration,
  originOf: (path: string) => Origin,
  { words, language }: LoadOptions,
): Promise<Configuration> {
  const path = configuration.serviceCatalogueFile;
  if (path === undefined) return configuration;
  const namedBy = originOf('serviceCatalogueFile').where;
  const fromFile = await readCatalogueFile(path, { namedBy, words, language });
  return { ...configuration, serviceCatalogue: joinCatalogues(fromFile, configuration.serviceCatalogue) };
}
