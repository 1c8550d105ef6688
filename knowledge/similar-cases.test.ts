import { describe, expect, test } from 'vitest';
import type { Case } from '#domain/agent-turn.ts';
import type { StoredCase } from '#store/cases.ts';
import { rankCases, similarityWeights } from './similar-cases.ts';

let made = 0;

function aCase(fields: Partial<Case>, closedAt = '2026-01-02T10:05:00.000Z'): StoredCase {
  made += 1;
  const body: Case = {
    title: 'Something happened',
    alertNames: [],
    symptoms: [],
    outcome: 'mended',
    steps: [],
    story: '',
    ...fields,
  };
  return {
    incidentId: `00000000-0000-7000-8000-${String(made).padStart(12, '0')}`,
    body,
    searchTerms: [],
    openedAt: '2026-01-02T10:00:00.000Z',
    closedAt,
  };
}

const oom = aCase({
  title: 'checkout runs out of memory',
  alertNames: ['KubeContainerOOMKilled'],
  service: 'checkout',
  cause: 'container.oom-killed',
  symptoms: ['restarts of checkout: 0 → 4', '内存打满'],
  steps: [
    {
      action: 'set-resources',
      object: { cluster: 'c', kind: 'Deployment', namespace: 'shop', name: 'checkout' },
      outcome: 'verified',
    },
  ],
  story: 'The memory limit had been lowered.',
});
const release = aCase({
  title: 'cart fails after a release',
  alertNames: ['ServiceErrorRatioHigh'],
  service: 'cart',
  cause: 'application.bad-release',
  symptoms: ['errors of cart: 0 % → 40 %'],
  story: 'Version 2 threw exceptions.',
});
const leak = aCase({
  title: 'pricing leaks memory',
  alertNames: ['ContainerMemoryNearLimit'],
  service: 'pricing',
  cause: 'container.crash-exit',
  story: 'A leak came with version 7.',
});
const cases = [release, leak, oom];
const ids = (found: readonly { incidentId: string }[]) => found.map(({ incidentId }) => incidentId);

describe('cases', () => {
  test('that agree in all that is asked are 1, whatever was not asked', () => {
    const asked = {
      alertName: 'KubeContainerOOMKilled',
      service: 'checkout',
      cause: 'container.oom-killed',
    } as const;
    const [first] = rankCases(asked, cases);
    expect(first).toMatchObject({ incidentId: oom.incidentId, similarity: 1, durationSeconds: 300 });
    expect(first?.steps).toEqual([{ action: 'set-resources', outcome: 'verified' }]);
    expect(rankCases({ service: 'checkout' }, cases)[0]?.similarity).toBe(1);
  });

  test('are found by words in the other language', () => {
    expect(ids(rankCases({ words: '内存溢出被杀' }, cases))[0]).toBe(oom.incidentId);
    expect(ids(rankCases({ words: '发布后报错' }, cases))[0]).toBe(release.incidentId);
  });

  test('of the same area of causes are a little alike, of another not at all', () => {
    const found = rankCases({ cause: 'container.oom-killed' }, cases);
    expect(found.map(({ incidentId, similarity }) => [incidentId, similarity])).toEqual([
      [oom.incidentId, 1],
      [leak.incidentId, 0.4],
    ]);
  });

  test('whose alert has a like name are alike, but less than with the same name', () => {
    const [near] = rankCases({ alertName: 'ErrorRatioHighOfService' }, cases);
    expect(near?.incidentId).toBe(release.incidentId);
    expect(near?.similarity).toBeLessThan(0.8);
    expect(near?.similarity).toBeGreaterThan(0.4);
  });

  test('count by the weights that are stated', () => {
    const asked = {
      alertName: 'KubeContainerOOMKilled',
      service: 'cart',
      cause: 'application.bad-release',
    } as const;
    const { cause, service, alertName } = similarityWeights;
    const found = new Map(rankCases(asked, cases).map((one) => [one.incidentId, one.similarity]));
    expect(found.get(release.incidentId)).toBeCloseTo((cause + service) / (cause + service + alertName), 1);
    expect(found.get(oom.incidentId)).toBeCloseTo(alertName / (cause + service + alertName), 1);
    expect(Object.values(similarityWeights).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1);
  });

  test('that are equally alike come newest first', () => {
    const older = aCase({ service: 'cart' }, '2026-01-01T00:00:00.000Z');
    const newer = aCase({ service: 'cart' }, '2026-02-01T00:00:00.000Z');
    expect(ids(rankCases({ service: 'cart' }, [older, newer]))).toEqual([newer.incidentId, older.incidentId]);
  });

  test('that share nothing are left out, and a question about nothing finds nothing', () => {
    expect(rankCases({ service: 'nobody' }, cases)).toEqual([]);
    expect(rankCases({}, cases)).toEqual([]);
  });
});
