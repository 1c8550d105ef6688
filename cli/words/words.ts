import type { Configuration } from '#domain/configuration.ts';
import { en } from './en.ts';
import { zh } from './zh.ts';

export type Language = NonNullable<Configuration['language']>;
export type Words = ReturnType<typeof en>;

const dictionaries: Readonly<Record<Language, (program: string) => Words>> = { en, zh };

/** The dictionary of a language, with commands as they are typed here: `npx understudy …` where it is not installed. */
export function wordsIn(language: Language, program = 'understudy'): Words {
  return dictionaries[language](program);
}

/**
 * The language that a person's environment speaks: `LC_ALL`, `LC_MESSAGES`, `LANG`, in the order of POSIX. It is what
 * the machine was set up with, not a choice made for Understudy, so flag and configuration come before it.
 */
export function languageOfLocale(environment: Readonly<NodeJS.ProcessEnv>): Language | undefined {
  const locale = [environment.LC_ALL, environment.LC_MESSAGES, environment.LANG].find(
    (value) => value !== undefined && value !== '',
  );
  if (locale === undefined) return undefined;
  return locale.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}
