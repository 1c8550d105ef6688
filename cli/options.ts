import { Option } from 'commander';
import { UnderstudyError } from '#domain/errors.ts';
import type { Words } from './words/words.ts';

/** An option that takes a whole number above 0. */
export function countOption(flags: string, description: string, words: Words): Option {
  return new Option(flags, description).argParser((text) => {
    const count = /^\d+$/.test(text) ? Number(text) : 0;
    if (count === 0) throw new UnderstudyError('bad-input', words.error.notANumber(text));
    return count;
  });
}
