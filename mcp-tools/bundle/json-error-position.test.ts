import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonErrorPosition } from './json-error-position.ts';

it.each([
  ['{"a": }', 6],
  ['[1, 2', 5],
  ['[1,, 2]', 3],
  ['{"a" 1}', 5],
  ['{"a": 1, }', 9],
  ['[tru]', 1],
  ['', 0],
  ['{} {}', 3],
  ['{"a": "cut off', 6],
  ['[01]', 1],
])('finds where %s breaks', (text, position) => {
  expect(jsonErrorPosition(text)).toBe(position);
});

it('finds the end of any JSON that is cut off, or a place before it', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), (json, at) => {
      const cut = json.slice(0, at % (json.length + 1));
      const position = jsonErrorPosition(cut);
      expect(position).toBeLessThanOrEqual(cut.length);
      // What stands before it can be the beginning of something whole: only the last token may be broken.
      expect(json.startsWith(cut.slice(0, position))).toBe(true);
    }),
  );
});

it('finds nothing in what is whole before its end', () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      expect(jsonErrorPosition(json)).toBe(json.length);
    }),
  );
});
