import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import { nearest } from '../nearest.ts';
import type { Language, Words } from '../words/words.ts';
import { formatPath, valueAt } from './paths.ts';
import { configurationVariable, settingAt, settings, shownValue } from './settings.ts';
import { unknownKeys } from './unknown-keys.ts';
import type { YamlFile } from './yaml-file.ts';

/** Everything that is wrong, in one error. */
export function mistakes(problems: readonly string[], words: Words): UnderstudyError {
  return new UnderstudyError('configuration', [words.configuration.mistakes, ...problems].join('\n  '));
}

/** Keys of a file that its schema does not know. */
export function unknownKeyProblems(file: YamlFile, schema: z.ZodType, words: Words): Problem[] {
  return unknownKeys(schema, file.value).map(({ path, suggestion }) => ({
    section: String(path[0]),
    text: words.configuration.unknownKey(file.whereIs(path), formatPath(path), suggestion),
  }));
}

/** A problem and the top-level key that it belongs to. */
export type Problem = { readonly section: string; readonly text: string };

/** Variables of ours that are no settings. */
const otherVariables = [
  configurationVariable,
  'UNDERSTUDY_HOME',
  'UNDERSTUDY_URL',
  'UNDERSTUDY_API_KEY_FILE',
  'UNDERSTUDY_PROCESS_SETTINGS',
  'UNDERSTUDY_LOG_LEVEL',
];

/** A misspelt UNDERSTUDY_READ_ONLY would be a dangerous silence, so a name that is nearly a known one is a mistake. */
export function misspeltVariables(environment: Readonly<NodeJS.ProcessEnv>, words: Words): string[] {
  const known = [...otherVariables, ...settings.map((setting) => setting.variable)];
  return Object.keys(environment).flatMap((name) => {
    // UNDERSTUDY_<PROGRAM>_PATH names a program; there are many, and they are not ours to know.
    if (!name.startsWith('UNDERSTUDY_') || name.endsWith('_PATH') || known.includes(name)) return [];
    const near = known.filter((candidate) => Math.abs(candidate.length - name.length) <= 2);
    const meant = nearest(
      name.replace('UNDERSTUDY_', ''),
      near.map((candidate) => candidate.replace('UNDERSTUDY_', '')),
    );
    return meant === undefined ? [] : [words.configuration.unknownVariable(name, `UNDERSTUDY_${meant}`)];
  });
}

export type ValueProblems = {
  readonly raw: unknown;
  /** Where a path, or the nearest section around it, was set. */
  readonly whereIs: (path: readonly PropertyKey[]) => string;
  readonly words: Words;
};

/** What a schema's issues say of the values. */
export function valueProblems(
  issues: readonly z.core.$ZodIssue[],
  { raw, whereIs, words }: ValueProblems,
): string[] {
  return issues.flatMap((issue) => {
    // Said already, with the key that was meant.
    if (issue.code === 'unrecognized_keys') return [];
    const path = formatPath(issue.path);
    const value = valueAt(raw, issue.path);
    const example = settingAt(path)?.example;
    return [
      words.configuration.wrongValue({
        path,
        problem: issue.message,
        where: whereIs(issue.path),
        ...(value === undefined ? {} : { value: shownValue(path, value) }),
        ...(example === undefined ? {} : { example }),
      }),
    ];
  });
}

/** Zod's own words in the person's language. */
export function localErrors(language: Language) {
  return (language === 'zh' ? z.locales.zhCN() : z.locales.en()).localeError;
}
