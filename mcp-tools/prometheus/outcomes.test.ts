import { expect, test } from 'vitest';
import { failedMatcher, isRefusal } from './outcomes.ts';

/** As Prometheus would judge it: whole values, `(?i:…)` for the case. */
function hasFailed(label: string, value: string): boolean {
  const [, operator, pattern] = failedMatcher(label);
  const source = pattern.replace(
    /\(\?i:([^()]*)\)/g,
    (_all, inside: string) =>
      `(?:${inside.replace(/[a-z]/gi, (letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`)})`,
  );
  return new RegExp(`^(?:${source})$`).test(value) === (operator === '=~');
}

test.each([
  ['code', ['500', '503', '599', '5xx', '0', 'ECONNREFUSED', 'timeout', 'Unavailable', 'Internal']],
  ['status', ['500', '5xx', 'error', 'ERROR', 'failed', 'timeout', 'ECONNRESET', 'IO_EXCEPTION']],
  ['grpc_code', ['Unavailable', 'Internal', 'DeadlineExceeded', 'Unknown', 'ResourceExhausted', '14', '13']],
  ['outcome', ['SERVER_ERROR', 'error']],
  ['envoy_response_code_class', ['5']],
  ['rcode', ['SERVFAIL']],
])('by %s these failed: %j', (label, values) => {
  for (const value of values) expect(hasFailed(label, value), value).toBe(true);
});

test.each([
  ['code', ['200', '204', '302', '404', '429', '2xx', 'OK', 'success', '', 'NotFound', 'Canceled']],
  ['status', ['200', '404', 'ok', 'success', 'enqueued', 'executed', 'pending', '']],
  ['grpc_code', ['OK', 'NotFound', 'InvalidArgument', 'Canceled', '0', '5']],
  ['outcome', ['SUCCESS', 'CLIENT_ERROR', 'REDIRECTION']],
  ['envoy_response_code_class', ['2', '4']],
  ['rcode', ['NOERROR', 'NXDOMAIN']],
])('by %s these did not: %j', (label, values) => {
  for (const value of values) expect(hasFailed(label, value), value).toBe(false);
});

test("a refusal is the caller's mistake", () => {
  expect([
    isRefusal('code', '404'),
    isRefusal('code', 'NotFound'),
    isRefusal('outcome', 'CLIENT_ERROR'),
  ]).toEqual([true, true, true]);
  expect([isRefusal('code', '500'), isRefusal('code', '200'), isRefusal('service', '404')]).toEqual([
    false,
    false,
    false,
  ]);
});
