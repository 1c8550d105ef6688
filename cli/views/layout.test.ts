import { expect, it } from 'vitest';
import { fieldLines, indented, shortenMiddle, widthOf } from './layout.ts';
import { renderTable } from './table.ts';

const plain = (text: string): string => text;

it('takes Chinese as two columns wide', () => {
  expect(widthOf('告警ab')).toBe(6);
  const lines = fieldLines(
    [
      ['根因', 'x'],
      ['why', 'y'],
    ],
    { indent: 0, columns: 40 },
  );
  expect(lines).toEqual(['根因  x', 'why   y']);
});

it('shortens in the middle and keeps both ends', () => {
  expect(shortenMiddle('Deployment shop/recommendations', 15)).toBe('Deploym…dations');
  expect(widthOf(shortenMiddle('错误率在发布后一分钟内上升', 11))).toBeLessThanOrEqual(11);
  expect(shortenMiddle('short', 15)).toBe('short');
});

it('wraps a value under itself and leaves out a field without one', () => {
  const lines = fieldLines(
    [
      ['why', 'one two three four five'],
      ['none', ''],
    ],
    { indent: 2, columns: 20 },
  );
  expect(lines).toEqual(['  why  one two three', '       four five']);
});

it('breaks a word that is longer than a line', () => {
  expect(indented('x'.repeat(25), 2, 22).split('\n')).toEqual([`  ${'x'.repeat(20)}`, '  xxxxx']);
});

const header = [
  { title: 'ID' },
  { title: 'TITLE', shrinks: 'name' as const },
  { title: 'N', align: 'right' as const },
];

it('lines a table up, numbers to the right', () => {
  const table = renderTable(
    header,
    [
      ['a1', '错误率', '7'],
      ['b22', 'x', '10'],
    ],
    { columns: 80, title: plain },
  );
  expect(table.split('\n')).toEqual(['ID   TITLE    N', 'a1   错误率   7', 'b22  x       10']);
});

it('shortens on a narrow terminal and nowhere else', () => {
  const rows = [['a1', 'a title that is much too long for it', '7']];
  const narrow = renderTable(header, rows, { columns: 24, title: plain });
  expect(narrow.split('\n').every((line) => widthOf(line) <= 24)).toBe(true);
  expect(narrow).toContain('…');
  expect(renderTable(header, rows, { columns: undefined, title: plain })).toContain(
    'a title that is much too long for it',
  );
});
