import fc from 'fast-check';
import { expect, test } from 'vitest';
import { msOfInstant, utcInstant } from './instants.ts';

test.each([
  ['2026-08-01T10:00:00Z', '2026-08-01T10:00:00.000Z'],
  ['2026-08-01T10:00:00.5Z', '2026-08-01T10:00:00.500Z'],
  ['2026-08-01T10:00:00.123456789Z', '2026-08-01T10:00:00.123Z'],
  ['2026-08-01T12:00:00.25+02:00', '2026-08-01T10:00:00.250Z'],
  ['2026-13-01T10:00:00Z', undefined],
  ['2026-08-01T10:00:00.12xZ', undefined],
  ['yesterday', undefined],
  ['', undefined],
])('%s', (text, expected) => {
  expect(utcInstant(text)).toBe(expected);
  expect(msOfInstant(text)).toBe(Date.parse(expected ?? 'none'));
});

test('is what Date makes of it, whatever was read before', () => {
  const instant = fc
    .tuple(fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }), fc.boolean())
    .map(([date, isWhole]) => (isWhole ? `${date.toISOString().slice(0, 19)}Z` : date.toISOString()));
  fc.assert(
    fc.property(fc.array(instant), (texts) => {
      for (const text of texts) {
        expect(msOfInstant(text)).toBe(Date.parse(text));
        expect(utcInstant(text)).toBe(new Date(text).toISOString());
      }
    }),
  );
});
