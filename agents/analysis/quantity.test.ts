import { describe, expect, it } from 'vitest';
import { mebibytes, millicores, parseQuantity } from './quantity.ts';

describe('parseQuantity', () => {
  it.each([
    ['250m', 0.25],
    ['1.5', 1.5],
    ['64Mi', 67_108_864],
    ['1G', 1e9],
    ['2e3', 2000],
    [4, 4],
  ])('reads %s', (text, value) => expect(parseQuantity(text)).toBeCloseTo(value, 9));

  it.each(['', 'lots', '5x', undefined])('does not guess at %s', (text) =>
    expect(parseQuantity(text)).toBeUndefined(),
  );

  it('writes what the action catalogue takes', () => {
    expect([mebibytes(2 * 67_108_864), mebibytes(1), millicores(0.4), millicores(0.1)]).toEqual([
      '128Mi',
      '1Mi',
      '400m',
      '100m',
    ]);
  });
});
