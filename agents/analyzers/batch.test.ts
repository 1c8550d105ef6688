import { describe, expect, it } from 'vitest';
import { scheduleFault } from '../analysis/cron.ts';
import { findingsWith, object, told } from '../testing/cluster.ts';

function job(name: string, status: object, metadata: object = {}) {
  return object({
    kind: 'Job',
    apiVersion: 'batch/v1',
    name,
    metadata: { creationTimestamp: '2026-03-04T11:00:00Z', ...metadata },
    status,
  });
}
const failed = {
  failed: 4,
  conditions: [
    {
      type: 'Failed',
      status: 'True',
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the specified backoff limit',
      lastTransitionTime: '2026-03-04T11:30:00Z',
    },
  ],
};
const complete = { failed: 2, succeeded: 1, conditions: [{ type: 'Complete', status: 'True' }] };
const ofNightly = { ownerReferences: [{ kind: 'CronJob', name: 'nightly', controller: true }] };

describe('jobs', () => {
  it('have given up', () => {
    expect(told(findingsWith([job('import', failed)]))).toEqual(['error workload.job-failed Job/import']);
  });

  it('are no fault when they are done, however often they tried, or while they try again', () => {
    expect(findingsWith([job('import', complete)])).toEqual([]);
    expect(told(findingsWith([job('import', { active: 1, failed: 2 })]))).toEqual([]);
    expect(findingsWith([object({ kind: 'Job', apiVersion: 'batch/v1', name: 'bare' })])).toEqual([]);
  });

  it('may be held by somebody', () => {
    const held = { ...job('import', {}), spec: { suspend: true } } as ReturnType<typeof job>;
    expect(findingsWith([held])).toMatchObject([{ severity: 'info', code: 'workload.other' }]);
    expect(
      findingsWith([{ ...job('import', complete), spec: { suspend: true } } as ReturnType<typeof job>]),
    ).toEqual([]);
  });

  it('that failed are history once a later run of the schedule went well', () => {
    const early = job('nightly-1', failed, { ...ofNightly, creationTimestamp: '2026-03-03T01:00:00Z' });
    const late = job('nightly-2', complete, { ...ofNightly, creationTimestamp: '2026-03-04T01:00:00Z' });
    expect(told(findingsWith([early, late]))).toEqual([]);
    expect(told(findingsWith([early]))).toEqual(['error workload.job-failed Job/nightly-1']);
  });
});

function cronJob(spec: object, metadata: Readonly<Record<string, unknown>> = {}) {
  return object({ kind: 'CronJob', apiVersion: 'batch/v1', name: 'nightly', metadata, spec });
}

describe('schedules', () => {
  it.each([
    '*/5 * * * *',
    '0 2 * * 1-5',
    '@daily',
    '@every 1h30m',
    '0 0 1,15 jan-jun ?',
    'TZ=Europe/Berlin 5 4 * * sun',
  ])('may be %s', (schedule) => {
    expect(scheduleFault(schedule)).toBeUndefined();
    expect(told(findingsWith([cronJob({ schedule })]))).toEqual([]);
  });

  it.each([
    '* * * *',
    '61 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '* * * foo *',
    '@often',
    '*/0 * * * *',
    '5-1 * * * *',
    '* * * * 8',
  ])('cannot be %s', (schedule) => {
    expect(told(findingsWith([cronJob({ schedule })]))).toEqual([
      'error workload.schedule-invalid CronJob/nightly',
    ]);
  });

  it('are suspended as somebody chose, unless that is news', () => {
    const spec = { schedule: '@daily', suspend: true };
    expect(told(findingsWith([cronJob(spec)]))).toEqual([]);
    const edited = {
      creationTimestamp: '2025-01-01T00:00:00Z',
      managedFields: [{ manager: 'kubectl-edit', operation: 'Update', time: '2026-03-04T11:00:00Z' }],
    };
    const [news] = findingsWith([cronJob(spec, edited)]);
    expect(news).toMatchObject({ severity: 'warning', code: 'workload.schedule-suspended' });
    expect(news?.fixHint?.steps).toMatchObject([{ action: 'patch' }]);
  });

  it("miss runs, in the controller's words", () => {
    const events = [
      {
        kind: 'CronJob',
        name: 'nightly',
        reason: 'TooManyMissedTimes',
        message: 'too many missed start times: 101',
      },
    ];
    expect(told(findingsWith([cronJob({ schedule: '@daily' })], { events }))).toEqual([
      'error workload.schedule-invalid CronJob/nightly',
    ]);
  });
});
