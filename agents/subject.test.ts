import { describe, expect, it } from 'vitest';
import { alertsOfIncident } from './subject.ts';
import { shifted, times } from './testing/shop.ts';
import { alertOf } from './testing/world.ts';

describe('the alerts of an incident', () => {
  const openedAt = times.alertAt;
  const firing = alertOf({ alertname: 'Fires', service: 'a' }, shifted(openedAt, -5));
  const ended = (alertname: string, endsAt: string) => ({
    ...alertOf({ alertname, service: 'b' }, shifted(openedAt, -400), '', 'resolved'),
    endsAt,
  });

  it('are those that fire, and those that ended while it was open', () => {
    const during = ended('During', shifted(openedAt, 20));
    const before = ended('Before', shifted(openedAt, -60));
    expect(alertsOfIncident([before, firing, during], openedAt)).toEqual([firing, during]);
  });

  it('are all of them where every one was over, so that something is left to look at', () => {
    const before = ended('Before', shifted(openedAt, -60));
    expect(alertsOfIncident([before], openedAt)).toEqual([before]);
  });
});
