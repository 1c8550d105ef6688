import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { learnLayout } from './line-layout.ts';

const messages = ['started', 'no cart for 17', 'Retrying: 3 left', '12 items sold', 'shut down'];

/** Thirty lines of one program, whose frame differs from line to line as frames do. */
function log(frame: (i: number) => string): string[] {
  return Array.from({ length: 30 }, (_, i) => `${frame(i)}${messages[i % messages.length]}`);
}

const level = (i: number) => ['INFO', 'WARN', 'ERROR'][i % 3];
const two = (i: number) => String(10 + (i % 50));

describe('the frame that a logger puts before the message is told from it', () => {
  test.each<[string, (i: number) => string]>([
    [
      'log4j',
      (i) => `2026-08-01 10:00:${two(i)},123 ${level(i)} [pool-1-thread-${i}] com.shop.Cart${i % 4}: `,
    ],
    ['logback', (i) => `10:00:${two(i)}.123 [main] ${level(i)}  c.shop.Cart - `],
    ['syslog', (i) => `Aug  1 10:00:${two(i)} host-${i % 3} cron[${i}]: `],
    ['httpd', (i) => `[Sat Aug 01 10:00:${two(i)} 2026] [${i % 2 === 0 ? 'error' : 'notice'}] `],
    ['logcat', (i) => `08-01 10:00:${two(i)}.811  1702  ${2000 + i} ${'DIW'[i % 3]} Window${i % 5}: `],
    [
      'zookeeper',
      (i) => `2026-08-01 10:00:${two(i)},5 - ${level(i)}  [Peer[id=${i}]/0:0:2181:Election@${i}] - `,
    ],
    [
      'columns without a level',
      (i) => `${1000 + i} node-${i} unix.hw state.${level(i)} 10777${two(i)}742 1 `,
    ],
    ['bars', (i) => `20260801-10:00:${two(i)}:606|Step_${i % 3}|3000${i}|`],
    [
      'aligned',
      (i) => `2026-08-01 10:00:${two(i)}, Info                  ${i % 2 === 0 ? 'CBS' : 'CSI'}    `,
    ],
    ['zap', (i) => `2026-08-01T10:00:${two(i)}.123Z\t${level(i)}\tserver/main.go:${i}\t`],
  ])('%s', (name, frame) => {
    const lines = log(frame);
    const { messageAt } = learnLayout(lines);
    const found = lines.map((line) => line.slice(messageAt(line)));
    const expected = lines.map((_, i) => messages[i % messages.length]);
    // The place in the source that Go's loggers name is no column that could be told from a word.
    if (name === 'zap')
      for (const [i, each] of found.entries()) expect(each.endsWith(expected[i] ?? '')).toBe(true);
    else expect(found).toEqual(expected);
  });

  test('and a log without one is all message', () => {
    const lines = log(() => '');
    const { messageAt } = learnLayout(lines);
    expect(lines.map(messageAt)).toEqual(lines.map(() => 0));
  });

  test('also where nothing is known of the log', () => {
    const { messageAt } = learnLayout([]);
    const rest = (line: string) => line.slice(messageAt(line));
    expect(rest('2026-08-01 10:00:00,123 INFO [main] com.shop.Cart: no cart')).toBe('no cart');
    expect(rest('[2026-08-01 10:00:00] [error] no cart')).toBe('no cart');
    expect(rest('no cart')).toBe('no cart');
    expect(rest('INFO')).toBe('INFO');
  });
});

test('a line that does not fit its log is read by itself', () => {
  const { messageAt } = learnLayout(
    log((i) => `2026-08-01 10:00:${two(i)},123 ${level(i)} [main] com.shop.Cart: `),
  );
  expect(messageAt('panic: no cart')).toBe(0);
  expect(messageAt('')).toBe(0);
});

test('any lines can be learned from, and every place lies in its line', () => {
  const line = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 120 }),
    fc.string({ unit: fc.constantFrom(...'2026-: []|<>INFO.a1'), maxLength: 60 }),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
      const { messageAt } = learnLayout(lines);
      for (const each of lines) {
        const at = messageAt(each);
        expect(at >= 0 && (at === 0 || at < each.length)).toBe(true);
      }
    }),
  );
});

test('huge lines do not hold it up', () => {
  const huge = ['[', '1', 'a.', '<', '- ', ' '].map((part) => part.repeat(1e6));
  const { messageAt } = learnLayout([...huge, ...huge]);
  for (const line of huge) expect(messageAt(line)).toBeLessThan(line.length);
});
