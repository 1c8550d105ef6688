import { describe, expect, it } from 'vitest';
import { eventOf } from './list-events.ts';

const about = { kind: 'Pod', namespace: 'shop', name: 'web-0' };
const times = {
  metadata: { name: 'e', creationTimestamp: '2026-03-04T10:00:00Z' },
  type: 'Warning',
  reason: 'BackOff',
};

describe('an event', () => {
  it('says the same in the words of either group', () => {
    const core = eventOf({
      ...times,
      involvedObject: about,
      message: 'Back-off',
      count: 7,
      firstTimestamp: '2026-03-04T10:00:00Z',
      lastTimestamp: '2026-03-04T11:00:00Z',
      reportingComponent: 'kubelet',
    });
    const newer = eventOf({
      ...times,
      apiVersion: 'events.k8s.io/v1',
      regarding: about,
      note: 'Back-off',
      deprecatedCount: 7,
      deprecatedFirstTimestamp: '2026-03-04T10:00:00Z',
      deprecatedLastTimestamp: '2026-03-04T11:00:00Z',
      reportingController: 'kubelet',
    });
    expect(core).toMatchObject([{ ...about, message: 'Back-off', count: 7, source: 'kubelet' }]);
    expect(newer).toEqual(core);
  });

  it('of the newer group may come as a series, or without a note', () => {
    const series = { count: 12, lastObservedTime: '2026-03-04T11:30:00Z' };
    expect(eventOf({ ...times, regarding: about, eventTime: '2026-03-04T10:00:00Z', series })).toMatchObject([
      { message: '', count: 12, firstAt: '2026-03-04T10:00:00.000Z', lastAt: '2026-03-04T11:30:00.000Z' },
    ]);
  });

  it('about nothing is none', () => expect(eventOf({ ...times, message: 'x' })).toEqual([]));
});
