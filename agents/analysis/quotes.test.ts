import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Quote } from '#domain/diagnosis.ts';
import type { Evidence } from '#domain/evidence.ts';
import { excerpt, formatSample, literalQuotes, verifyQuote } from './quotes.ts';

function evidenceOf(output: unknown, id = 'e1'): Evidence {
  return {
    id,
    call: { server: 's', tool: 't', arguments: {}, why: '' },
    asOf: '2025-11-21T12:00:00Z',
    output,
    digest: '',
    truncated: false,
    gaps: [],
  };
}

function quote(text: string, evidenceId?: string): Quote {
  return {
    source: 'kubernetes',
    ref: 'x',
    quote: text,
    weight: 1,
    ...(evidenceId === undefined ? {} : { evidenceId }),
  };
}

const seriesPage = {
  items: [
    {
      info: { series: 's1', name: 'errors', emitter: {}, labels: { b: '2', a: '1' }, signal: 'errors' },
      points: [[1700000000, 0.25]],
    },
  ],
};

describe('verifyQuote', () => {
  it('accepts a literal part of a string, however deep it is', () => {
    const held = [evidenceOf({ items: [{ message: 'Back-off pulling image "x"' }] })];
    expect(verifyQuote(held, quote('pulling image "x"'))).toBe(true);
    expect(verifyQuote(held, quote('pulling image x'))).toBe(false);
  });

  it('accepts the text of a number and the name of a field, whole', () => {
    const held = [evidenceOf({ spec: { replicas: 0, port: 8080 }, data: { LOG_LEVEL: 'x' } })];
    expect(verifyQuote(held, quote('0'))).toBe(true);
    expect(verifyQuote(held, quote('808'))).toBe(false);
    expect(verifyQuote(held, quote('LOG_LEVEL'))).toBe(true);
    expect(verifyQuote(held, quote('LOG_LEV'))).toBe(false);
  });

  it('accepts one sample of a series, with its labels by name', () => {
    expect(formatSample('errors', { b: '2', a: '1' }, [1700000000, 0.25])).toBe(
      'errors{a="1",b="2"} 0.25 1700000000',
    );
    expect(verifyQuote([evidenceOf(seriesPage)], quote('errors{a="1",b="2"} 0.25 1700000000'))).toBe(true);
    expect(verifyQuote([evidenceOf(seriesPage)], quote('errors{a="1",b="2"} 0.26 1700000000'))).toBe(false);
    expect(verifyQuote([evidenceOf(seriesPage)], quote('errors{a="1"} 0.25 1700000000'))).toBe(false);
  });

  it('looks only into the evidence that the quote names', () => {
    const both = [evidenceOf({ m: 'here' }, 'e1'), evidenceOf({ m: 'gone' }, 'e2')];
    expect(verifyQuote(both, quote('here', 'e1'))).toBe(true);
    expect(verifyQuote(both, quote('here', 'e2'))).toBe(false);
  });

  it('drops what is not there', () => {
    const held = [evidenceOf({ m: 'here' })];
    expect(literalQuotes(held, [quote('her'), quote('there')])).toEqual([quote('her')]);
  });

  it('accepts every excerpt of a text that is held', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 2000 }),
        fc.string({ maxLength: 5 }),
        (text, around) => {
          const part = excerpt(text, around);
          return (
            part.length > 0 &&
            part.length <= 400 &&
            verifyQuote([evidenceOf([{ deep: [text] }])], quote(part))
          );
        },
      ),
    );
  });
});
