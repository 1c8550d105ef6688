import { expect, it } from 'vitest';
import { en as english } from './en.ts';
import { languageOfLocale } from './words.ts';
import { zh as chinese } from './zh.ts';

const en = english('understudy');
const zh = chinese('understudy');

/** Every path of a dictionary with the kind of its value; a function's number of arguments counts too. */
function shape(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return [`${path} list of ${value.length}`];
  if (typeof value === 'function') return [`${path} function`];
  if (typeof value !== 'object' || value === null) return [`${path} ${typeof value}`];
  return Object.entries(value).flatMap(([key, child]) => shape(child, `${path}.${key}`));
}

function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(texts);
}

it('has the same keys in both languages', () => {
  expect(shape(zh).sort()).toEqual(shape(en).sort());
});

it('leaves nothing empty', () => {
  expect([...texts(en), ...texts(zh)].filter((text) => text.trim() === '')).toEqual([]);
});

it('uses Chinese punctuation in Chinese sentences', () => {
  const half = texts(zh).filter((text) => /[一-鿿][,;:?!]|[,;:?!][一-鿿]/.test(text));
  expect(half).toEqual([]);
});

it.each([
  [{ LANG: 'zh_CN.UTF-8' }, 'zh'],
  [{ LANG: 'en_US.UTF-8' }, 'en'],
  [{ LANG: 'zh_CN.UTF-8', LC_ALL: 'C' }, 'en'],
  [{ LANG: '', LC_MESSAGES: 'zh_TW' }, 'zh'],
  [{}, undefined],
])('reads the language of the locale %o as %s', (environment, language) => {
  expect(languageOfLocale(environment)).toBe(language);
});
