import { expect, it } from 'vitest';
import { UnderstudyError } from '#domain/errors.ts';
import { formatDuration, parseDurationMs } from './duration.ts';
import { exitCodeOf } from './exit-codes.ts';
import { nearest } from './nearest.ts';

it.each([
  ['90', 90_000],
  ['90s', 90_000],
  ['250ms', 250],
  ['5m', 300_000],
  ['1.5h', 5_400_000],
  ['soon', undefined],
  ['-5s', undefined],
])('reads the duration %s', (text, ms) => {
  expect(parseDurationMs(text)).toBe(ms);
});

it.each([
  [214, '214 ms'],
  [2100, '2.1 s'],
  [48_000, '48 s'],
  [185_000, '3 min 5 s'],
  [7_440_000, '2 h 4 min'],
  [-5, '0 ms'],
])('says %d ms as %s', (ms, text) => {
  expect(formatDuration(ms, { s: 's', min: 'min', h: 'h' })).toBe(text);
});

it.each([
  ['prot', 'port'],
  ['readonly', 'readOnly'],
  ['temporl', 'temporal'],
  ['nothing-like-it', undefined],
])('takes %s for %s', (typed, meant) => {
  expect(nearest(typed, ['port', 'host', 'readOnly', 'temporal'])).toBe(meant);
});

it.each([
  ['not-found', 3],
  ['forbidden', 4],
  ['unauthenticated', 4],
  ['conflict', 5],
  ['timeout', 6],
  ['unavailable', 8],
  ['configuration', 2],
  ['internal', 1],
] as const)('ends with its own exit code for %s', (code, exit) => {
  expect(exitCodeOf(new UnderstudyError(code, ''))).toBe(exit);
});

it('ends with 1 for an error that nobody expected', () => {
  expect(exitCodeOf(new TypeError('x'))).toBe(1);
});
