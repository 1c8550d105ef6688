import fc from 'fast-check';
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
  // other frameworks' names for the same
  ['{"@t":"2026-01-01T10:00:00Z","@l":"Error","@mt":"no {Cart}"}', 'error', 'no {Cart}'],
  ['{"LogLevel":"Critical","Message":"no cart","State":{"x":1}}', 'fatal', 'no cart'],
  ['{"t":{"$date":"2026-01-01T10:00:00Z"},"s":"W","c":"STORAGE","msg":"slow"}', 'warning', 'slow'],
  ['{"PRIORITY":"3","MESSAGE":"unit failed"}', 'error', 'unit failed'],
  ['{"severityText":"ERROR","body":{"stringValue":"no cart"}}', 'error', 'no cart'],
  ['{"log.level":"warn","message":"slow","error.message":"late"}', 'warning', 'slow: late'],
  ['{"log":"ERROR: no cart\\n","stream":"stderr"}', 'error', 'ERROR: no cart'],
  ['{"log":"{\\"level\\":\\"warn\\",\\"msg\\":\\"slow\\"}\\n","stream":"stdout"}', 'warning', 'slow'],
  // cut in the middle
  ['{"level":"error","msg":"cannot reach the da', 'error', 'cannot reach the da'],
  ['{"time":"2026-01-01T10:00:00Z","lev', undefined, '{"time":"2026-01-01T10:00:00Z","lev'],
  // logfmt
  ['time=2026-01-01T10:00:00Z level=warn msg="slow answer" ms=900', 'warning', 'slow answer'],
  ['level=error err="connection refused"', 'error', 'connection refused'],
  // klog
  ['E0102 10:00:00.000000       1 main.go:42] cannot list pods', 'error', 'cannot list pods'],
  ['I0102 10:00:00.000000       1 main.go:42] started', 'info', 'started'],
  // as a container runtime keeps it, and with colours
  ['2026-01-01T10:00:00.1Z stderr F {"level":"error","msg":"no cart"}', 'error', 'no cart'],
  ['\u001b[31mERROR\u001b[0m no cart', 'error', 'ERROR no cart'],
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
  ['1:M 01 Jan 2026 10:00:00.000 # Out of memory', 'warning'],
  ['1:M 01 Jan 2026 10:00:00.000 * Ready', 'info'],
  ['fail: Shop.Cart[0]', 'error'],
  ['10.0.0.1 - - [01/Jan/2026:10:00:00 +0000] "GET /cart HTTP/1.1" 502 157 "-" "curl"', 'error'],
  ['10.0.0.1 - - [01/Jan/2026:10:00:00 +0000] "GET /cart HTTP/1.1" 404 157 "-" "curl"', undefined],
  ["thread 'main' panicked at src/main.rs:4:10:", 'error'],
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

test('levels have an order', () => {
  expect(levelRank('fatal')).toBeGreaterThan(levelRank('error'));
  expect(levelRank(undefined)).toBeLessThan(levelRank('trace'));
});

test('a stack within a structured line is kept, and its message is not said twice', () => {
  const line = JSON.stringify({
    level: 'error',
    msg: 'no cart',
    err: { message: 'no cart', stack: 'Error: no cart\n    at x' },
  });
  expect(parseLogLine(line)).toMatchObject({ text: 'no cart', stack: 'Error: no cart\n    at x' });
});

test('any line is read', () => {
  const line = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.json().map((text) => text.slice(0, -1)),
    fc.string({ unit: fc.constantFrom(...'{}":,\\ level=msg"\u001b[0m\u0000') }),
  );
  fc.assert(fc.property(line, (text) => typeof parseLogLine(text).text === 'string'));
});

test('huge lines do not hold it up', () => {
  for (const part of ['{', '"', 'level=', 'A', '\u001b[', '" 5', 'aError']) {
    expect(parseLogLine(part.repeat(1e6)).text.length).toBeGreaterThan(0);
  }
});
