import { expect, test } from 'vitest';
import { literalPattern, oneOf, selector } from './promql.ts';

test('values from outside stay inside their quotes', () => {
  const hostile = 'x"} or vector(1) or up{a="';
  expect(selector('up', [['job', '=', hostile]])).toBe('up{job="x\\"} or vector(1) or up{a=\\""}');
});

test('several values become one pattern in which they stand for themselves', () => {
  expect(oneOf('pod', ['b.c', 'a|b', 'b.c'])).toEqual(['pod', '=~', 'a\\|b|b\\.c']);
  expect(oneOf('pod', ['a.b'])).toEqual(['pod', '=', 'a.b']);
});

test('a literal pattern matches just its text', () => {
  const text = 'a.b*c+(d)[e]{f}^$|\\';
  expect(new RegExp(`^(?:${literalPattern(text)})$`).test(text)).toBe(true);
  expect(new RegExp(`^(?:${literalPattern('a.b')})$`).test('axb')).toBe(false);
});
