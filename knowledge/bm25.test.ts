import { expect, test } from 'vitest';
import { bm25, countTerms } from './bm25.ts';

const document = (...terms: string[]) => countTerms([{ terms, weight: 1 }]);
const query = (...terms: string[]) => new Map(terms.map((term) => [term, 1]));

test('a rare term counts more than one that every document has', () => {
  const documents = [document('pod', 'disk'), document('pod', 'node'), document('pod', 'dns')];
  const [disk = 0, node = 0] = bm25(documents, query('pod', 'disk'));
  expect(disk).toBeGreaterThan(node * 3);
});

test('the same term again counts less each time, and a long document less than a short one', () => {
  const filler = Array.from({ length: 40 }, (_, index) => `w${index}`);
  const documents = [
    document('disk', 'a'),
    document('disk', 'disk', 'disk', 'a'),
    document('disk', ...filler),
  ];
  const [once = 0, thrice = 0, long = 0] = bm25(documents, query('disk'));
  expect(thrice).toBeGreaterThan(once);
  expect(thrice).toBeLessThan(3 * once);
  expect(long).toBeLessThan(once);
});

test('a term of the title counts as often as its weight says', () => {
  expect(
    countTerms([
      { terms: ['disk'], weight: 3 },
      { terms: ['disk'], weight: 1 },
    ]).get('disk'),
  ).toBe(4);
});

test('nothing shared is nothing, and no documents are no trouble', () => {
  expect(bm25([document('disk')], query('node'))).toEqual([0]);
  expect(bm25([], query('node'))).toEqual([]);
});
