import { describe, expect, test } from 'vitest';
import { levelRank } from './level.ts';
import { parseLogLine } from './log-line.ts';

const lines: readonly (readonly [string, string | undefined, string?])[] = [
  // JSON, of several loggers
  ['{"level":50,"time":1735689600000,"msg":"boom"}', 'error', 'boom'],
  ['{"severity":"WARNING","message":"slow"}', 'warning', 'slow'],
  ['{"lvl":"INF","msg":"up"}', 'info', 'up'],
  [
    '{"level":"error","msg":"no answer","err":{"message":"timeout","stack":"…"}}',
    'error',
    'no answer: timeout',
  ],
  ['{"levelname":"CRITICAL","message":"disk full"}', 'fatal', 'disk full'],
  ['{"answer":42}', undefined, '{"answer":42}'],
  ['{not json at all', undefined, '{not json at all'],
  // logfmt
  ['time=2026-01-01T10:00:00Z level=warn msg="slow answer" ms=900', 'warning', 'slow answer'],
  ['level=error err="connection refused"', 'error', 'connection refused'],
  // klog
  ['E0102 10:00:00.000000       1 main.go:42] cannot list pods', 'error', 'cannot list pods'],
  ['I0102 10:00:00.000000       1 main.go:42] started', 'info', 'started'],
  // plain
  ['2026-01-01 10:00:00,123 [main] ERROR com.shop.Cart - no cart', 'error'],
  ['[ERROR] no cart', 'error'],
  ['WARN: low disk', 'warning'],
  ['2026/01/01 10:00:00 [emerg] 1#1: host not found in upstream "cart"', 'fatal'],
  ['panic: runtime error: index out of range', 'fatal'],
  ['fatal error: all goroutines are asleep', 'error'],
  ['Unhandled rejection: no cart', 'error'],
  ['Traceback (most recent call last):', 'error'],
  ['java.lang.IllegalStateException: no cart', 'error'],
  ['no error so far', undefined],
  ['GET / 200', undefined],
  ['', undefined],
];

describe('levels and messages', () => {
  test.each([...lines])('%s', (line = '', level = undefined, text = undefined) => {
    const parsed = parseLogLine(line);
    expect(parsed.level).toBe(level);
    if (text !== undefined) expect(parsed.text).toBe(text);
  });
});

test('times of the line itself are read, in text and in numbers', () => {
  expect(parseLogLine('{"ts":1735689600.5,"msg":"x"}').at).toBe('2025-01-01T00:00:00.500Z');
  expect(parseLogLine('{"time":1735689600000,"msg":"x"}').at).toBe('2025-01-01T00:00:00.000Z');
  expect(parseLogLine('time="2025-01-01T01:00:00+01:00" level=info msg=x').at).toBe(
    '2025-01-01T00:00:00.000Z',
  );
  expect(parseLogLine('{"time":"yesterday","msg":"x"}').at).toBeUndefined();
});

test('frames of a stack trace go with the line above them', () => {
  expect(isContinuation('    at Socket.connect (net.js:1:2)')).toBe(true);
  expect(isContinuation('  File "app.py", line 3')).toBe(true);
  expect(isContinuation('\tat com.shop.Cart.get(Cart.java:3)')).toBe(true);
  expect(isContinuation('at your service')).toBe(false);
});

test('levels have an order', () => {
  expect(levelRank('fatal')).toBeGreaterThan(levelRank('error'));
  expect(levelRank(undefined)).toBeLessThan(levelRank('trace'));
});
