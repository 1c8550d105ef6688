import { describe, expect, it } from 'vitest';
import type { PatrolSighting, PatrolWatch } from '#domain/patrol.ts';
import { plusSeconds } from '#domain/time.ts';
import { isNews, type Look, remember } from './watch.ts';

const start = '2026-03-04T12:00:00.000Z';
const minute = (minutes: number) => plusSeconds(start, minutes * 60);
const object = { cluster: 'c1', kind: 'Deployment', namespace: 'depot', name: 'stock' };
const fault: PatrolSighting = {
  ...{ key: 'stock|crash', kind: 'fault', object, cause: 'container.crash-exit', message: 'it crashes' },
  ...{ isCertain: false, isFelt: true },
};
const everything = { fault: ['c1'], signal: ['c1'], forecast: ['c1'] };

function look(
  minutes: number,
  sightings: readonly PatrolSighting[],
  seenWhole: Look['seenWhole'] = everything,
): Look {
  return { at: minute(minutes), sightings, seenWhole };
}

/** The memory after some looks, of which the first was long ago and saw nothing. */
function remembered(...looks: readonly Look[]): PatrolWatch[] {
  return looks.reduce<PatrolWatch[]>((known, one) => remember(known, one, false), []);
}

const newsAt = (watches: readonly PatrolWatch[], minutes: number) =>
  watches.map((watch) => isNews(watch, minute(minutes)));

describe('the memory of patrols', () => {
  it('takes what the first look of all finds for an old wound, unless it says that it is young', () => {
    expect(newsAt(remember([], look(0, [fault]), true), 0)).toEqual([false]);
    expect(newsAt(remember([], look(0, [{ ...fault, since: minute(-5) }]), true), 0)).toEqual([true]);
    expect(newsAt(remembered(look(0, [fault])), 0)).toEqual([true]);
    expect(newsAt(remembered(look(0, [{ ...fault, since: minute(-90) }])), 0)).toEqual([false]);
  });

  it('knows for how long it has seen something, and loses interest after an hour', () => {
    const watches = remembered(look(0, [fault]), look(2, [fault]), look(70, [fault]));
    expect(watches).toMatchObject([{ firstSeenAt: start, lastSeenAt: minute(70), looks: 3 }]);
    expect(newsAt(watches, 70)).toEqual([false]);
  });

  it('takes what comes back soon for the same trouble, and what comes back later for a new one', () => {
    const told = remembered(look(0, [fault])).map((watch) => ({ ...watch, reportedAt: minute(1) }));
    const gone = remember(told, look(2, []), false);
    expect(gone).toMatchObject([{ goneAt: minute(2) }]);
    expect(newsAt(gone, 2)).toEqual([false]);
    const soon = remember(gone, look(6, [fault]), false);
    expect(soon).toMatchObject([{ firstSeenAt: start, reportedAt: minute(1) }]);
    expect(newsAt(soon, 6)).toEqual([false]);
    const later = remember(gone, look(20, [fault]), false);
    expect(later).toEqual([expect.objectContaining({ firstSeenAt: minute(20), looks: 1 })]);
    expect(newsAt(later, 20)).toEqual([true]);
  });

  it('tells of a trouble once, however long it lasts', () => {
    const forecast: PatrolSighting = { ...fault, kind: 'forecast' };
    const watches = remembered(look(0, [forecast]));
    expect(newsAt(watches, 0)).toEqual([true]);
    const told = watches.map((watch) => ({ ...watch, reportedAt: start }));
    expect(newsAt(remember(told, look(600, [forecast]), false), 600)).toEqual([false]);
  });

  it('takes nothing for gone that it could not look at', () => {
    const blind = { ...everything, fault: ['c2'] };
    expect(remembered(look(0, [fault]), look(2, [], blind))[0]).not.toHaveProperty('goneAt');
  });

  it('waits for a signal to last, and shows without a word what nobody feels', () => {
    const signal: PatrolSighting = { ...fault, kind: 'signal' };
    expect(newsAt(remembered(look(0, [signal])), 0)).toEqual([false]);
    expect(newsAt(remembered(look(0, [signal]), look(2, [signal])), 2)).toEqual([true]);
    expect(newsAt(remembered(look(0, [{ ...fault, isFelt: false }])), 0)).toEqual([false]);
  });
});
