import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatSeriesId, parseSeriesId, type SeriesKey } from './series-id.ts';

const key: SeriesKey = {
  recipe: 'error-ratio',
  argument: 'code',
  metric: 'http_requests_total',
  labels: { service: 'cart', namespace: 'shop' },
};

test('an id reads as what it is and is the same for the same series', () => {
  const id = formatSeriesId(key);
  expect(id).toBe('error-ratio(code):http_requests_total{"namespace":"shop","service":"cart"}');
  expect(formatSeriesId({ ...key, labels: { namespace: 'shop', service: 'cart' } })).toBe(id);
});

test('whatever a label value holds comes back as it was', async () => {
  await fc.assert(
    fc.property(fc.string({ maxLength: 200 }), fc.boolean(), (value, told) => {
      const written: SeriesKey = {
        ...key,
        labels: { service: value },
        ...(told ? { service: 'a.b-c_1' } : {}),
      };
      expect(parseSeriesId(formatSeriesId(written))).toEqual(written);
    }),
  );
});

test.each([
  ['of no recipe', 'steal:http_requests_total{"service":"cart"}'],
  ['with a name from the prototype', 'constructor:http_requests_total{"service":"cart"}'],
  ['with PromQL for a metric', 'sum:up or vector(1){"service":"cart"}'],
  ['with PromQL for a label', 'sum:up{"a\\"} or up{b":"cart"}'],
  ['with an argument that its recipe does not take', 'sum(code):up{"service":"cart"}'],
  ['with an argument that is PromQL', 'error-ratio(x=~".*"}):http_requests_total{"service":"cart"}'],
  ['without an argument that its recipe needs', 'error-ratio:http_requests_total{"service":"cart"}'],
  ['without labels', 'sum:up{}'],
  ['of broken JSON', 'sum:up{"service":}'],
  ['of values that are no text', 'sum:up{"service":1}'],
  ['that is very long', `sum:up{"service":"${'x'.repeat(5000)}"}`],
  ['that is empty', ''],
])('an id %s is refused', (_what, id) => {
  expect(() => parseSeriesId(id)).toThrow(expect.objectContaining({ code: 'bad-input' }));
});
