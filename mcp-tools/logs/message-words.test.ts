import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readWords, wordKind, wordTexts } from './message-words.ts';
import { emptyReading } from './reading.ts';

const reading = emptyReading();

function words(message: string): string {
  readWords(reading, message, 0);
  return wordTexts(reading).join(' ').replaceAll('<*>', '#');
}

describe('what shows by its look that it varies is masked', () => {
  test.each([
    // numbers and what is made of them
    ['took 12ms then 3.5s and 1.5e-10 of -7', 'took # then # and # of #'],
    ['from 10.0.0.7:5312 to /10.0.0.8:80', 'from # to #'],
    ['at 2026-08-01T10:00:00.123Z and Mon Aug 3 10:00:00 2026', 'at # and #'],
    ['order 0f8fad5b-d9cb-469f-a165-70867728950e', 'order #'],
    ['at 0x7fff and deadbeef01', 'at # and #'],
    ['fe80:0:0:0:c6b3:1ff:fecd:467f and 5c:50:15:4c:18:13', '# and #'],
    // names keep what is a name in them
    ['eth0 attempt_17_m_3 node-12', 'eth# attempt_#_m_# node-#'],
    ['blk_-17 is 85% full', 'blk_# is #% full'],
    // paths and URLs
    ['open /var/lib/app.db: no such file', 'open #: no such file'],
    ['open C:\\temp\\x.db', 'open #'],
    ['GET https://shop.example/cart?id=7 done', 'GET # done'],
    ['see ./run and ~/.profile', 'see # and #'],
    // values
    ['user=ann uid=0 rhost= state=up', 'user=# uid=# rhost=# state=#'],
    ['tag="two words", ok=true (code=5)', 'tag=#, ok=# (code=#)'],
    ['body={"a": [1, 2], "b": {"c": 3}} end', 'body=# end'],
    ['a == b and c != d', 'a == b and c != d'],
    // sizes with their units, for machines and people
    ['sent 18846 bytes (18.4 KB) in 3 seconds.', 'sent # in #.'],
    // lists count as one item
    ['deleted blk_1 blk_2 blk_3', 'deleted blk_#'],
    ['ports 1, 2, 3 open', 'ports # open'],
    ['up node-1 0x1 ok node-2 0x2 ok', 'up node-# # ok'],
    // dots that lead to a value
    ['prefetch depth........4', 'prefetch depth ... #'],
    // words stay
    ["don't retry: it's over", "don't retry: it's over"],
    ['日本語 メッセージ 123 件', '日本語 メッセージ # 件'],
    ['', ''],
  ])('%s', (message, expected) => expect(words(message)).toBe(expected));
});

test('quoted texts with blanks are one word', () => {
  readWords(reading, 'agent "Mozilla/5.0 (X11; Linux)" said "hello there"', 0);
  expect(reading.count).toBe(4);
});

test('words have kinds by how freely they may differ', () => {
  readWords(reading, '10.0.0.7 attempt_1_m_2 eth0 com.shop.cart.Basket refused java.io.FileError', 0);
  const { variable, mixed, numbered, dotted, plain } = wordKind;
  expect([...reading.kinds.slice(0, reading.count)]).toEqual([
    variable,
    mixed,
    numbered,
    dotted,
    plain,
    plain,
  ]);
});

test('a message can be read from a place on', () => {
  readWords(reading, 'INFO started', 5);
  expect(wordTexts(reading)).toEqual(['started']);
});

const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: fc.constantFrom(...'a1 .:,/=-_"\'({[<>]})#\\\u0000\u001b中\uffff'), maxLength: 300 }),
);

test('any text gives bounded words, the same each time', () => {
  fc.assert(
    fc.property(nasty, (message) => {
      const once = words(message);
      expect(words(message)).toBe(once);
      expect(reading.count).toBeLessThanOrEqual(96);
    }),
  );
});

test('a huge line is read to a bound', () => {
  for (const huge of [
    'a'.repeat(5e6),
    '{'.repeat(5e6),
    '1,'.repeat(2e6),
    '"x '.repeat(1e6),
    '= '.repeat(1e6),
  ]) {
    expect(words(huge).length).toBeLessThan(10_000);
  }
});
