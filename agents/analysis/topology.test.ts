import { describe, expect, it } from 'vitest';
import { callGraph, hopsFrom, pathBetween, suspects } from './topology.ts';

const graph = callGraph([
  { from: 'a', to: 'b' },
  { from: 'b', to: 'c' },
  { from: 'b', to: 'd' },
  { from: 'c', to: 'e' },
  { from: 'b', to: 'b' },
]);

describe('suspects', () => {
  it('names the anomalous services that call no anomalous one', () => {
    expect(suspects(graph, new Set(['a', 'b', 'c']))).toEqual(['c']);
    expect(suspects(graph, new Set(['a', 'b', 'c', 'd']))).toEqual(['c', 'd']);
    expect(suspects(graph, new Set(['a', 'e']))).toEqual(['a', 'e']);
  });

  it('names every service of a ring, unless the ring leads to another', () => {
    const ring = callGraph([
      { from: 'x', to: 'y' },
      { from: 'y', to: 'x' },
      { from: 'y', to: 'z' },
    ]);
    expect(suspects(ring, new Set(['x', 'y']))).toEqual(['x', 'y']);
    expect(suspects(ring, new Set(['x', 'y', 'z']))).toEqual(['z']);
  });
});

describe('hopsFrom and pathBetween', () => {
  it('count calls and name the way', () => {
    expect([...hopsFrom(['a'], graph.calleesOf, 2)]).toEqual([
      ['a', 0],
      ['b', 1],
      ['c', 2],
      ['d', 2],
    ]);
    expect([...hopsFrom(['e'], graph.callersOf, 1)]).toEqual([
      ['e', 0],
      ['c', 1],
    ]);
    expect(pathBetween(graph, 'a', 'e')).toEqual(['a', 'b', 'c', 'e']);
    expect(pathBetween(graph, 'e', 'a')).toEqual([]);
    expect(pathBetween(graph, 'a', 'a')).toEqual(['a']);
  });
});
