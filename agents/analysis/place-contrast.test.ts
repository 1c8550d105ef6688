import { describe, expect, it } from 'vitest';
import { chanceOfSoMany, commonPlace, type Placed } from './place-contrast.ts';

const at = (place: string | undefined, many: number, telling = true): Placed[] =>
  Array.from({ length: many }, () => ({ place, telling }));

describe('chanceOfSoMany', () => {
  it('is that of the exact test', () => {
    // The lady who tastes tea: all of eight cups right, and six of them.
    expect(chanceOfSoMany({ suffer: 4, calm: 0 }, { suffer: 0, calm: 4 })).toBeCloseTo(1 / 70, 10);
    expect(chanceOfSoMany({ suffer: 3, calm: 1 }, { suffer: 1, calm: 3 })).toBeCloseTo(17 / 70, 10);
    expect(chanceOfSoMany({ suffer: 2, calm: 0 }, { suffer: 0, calm: 0 })).toBe(1);
    expect(chanceOfSoMany({ suffer: 0, calm: 2 }, { suffer: 2, calm: 2 })).toBeCloseTo(1, 10);
  });
});

describe('commonPlace', () => {
  it('is where those that suffer are together, and the calm ones are not', () => {
    expect(commonPlace(at('n1', 3), at('n2', 3))).toBe('n1');
    expect(commonPlace(at('n1', 3), [...at('n2', 4), ...at(undefined, 2)])).toBe('n1');
    expect(commonPlace([...at('n1', 4), ...at('n2', 1)], at('n2', 6))).toBe('n1');
  });

  it('is none where too few are elsewhere to tell, or all of them suffer', () => {
    expect(commonPlace(at('n1', 3), at('n2', 1))).toBeUndefined();
    expect(commonPlace(at('n1', 5), [])).toBeUndefined();
    expect(commonPlace([...at('n1', 3), ...at('n2', 3)], at('n2', 1))).toBeUndefined();
  });

  it('is none where others there are calm that would suffer with them', () => {
    expect(commonPlace(at('n1', 3), [...at('n1', 3), ...at('n2', 3)])).toBeUndefined();
    // What calls nothing across the network of its place says nothing of it.
    expect(commonPlace(at('n1', 3), [...at('n1', 3, false), ...at('n2', 3)])).toBe('n1');
  });

  it('is none for one alone, or where nobody knows where they are', () => {
    expect(commonPlace(at('n1', 1), at('n2', 20))).toBeUndefined();
    expect(commonPlace(at(undefined, 4), at('n2', 20))).toBeUndefined();
  });
});
