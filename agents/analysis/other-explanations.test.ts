import { describe, expect, it } from 'vitest';
import { otherExplanation } from './other-explanations.ts';

describe('otherExplanation', () => {
  it.each([
    ['PUT to https://bucket.s3.amazonaws.com: 503 Slow Down', 'what is called outside is not well'],
    ['timeout while calling third-party provider', 'what is called outside is not well'],
    ['node pool-3 under increasing CPU load: cpu contended', 'something else on the host takes its means'],
    ['spot interruption: instance will be terminated', 'the host itself is not well'],
    ['x509: certificate has expired or is not yet valid', 'something ran out by the calendar'],
  ])('hears it in: %s', (text, why) => {
    expect(otherExplanation([text])).toBe(why);
  });

  it.each([
    'panic: nil pointer dereference',
    'context deadline exceeded',
    'order 17 failed validation',
    'timeout after 50 ms',
  ])('does not hear it in: %s', (text) => {
    expect(otherExplanation([text])).toBeUndefined();
  });
});
