import { describe, expect, it } from 'vitest';
import type { Evidence } from '#domain/evidence.ts';
import { healthyShop, namings } from '../testing/shop.ts';
import { alertOf, viewOf } from '../testing/world.ts';
import { learn } from './learn.ts';
import { recall } from './recall.ts';

const at = '2025-11-21T12:00:00Z';
const [naming] = namings;
if (naming === undefined) throw new Error('no naming');
const shop = healthyShop(naming);
const alerts = [
  alertOf({ alertname: 'HighErrorRatio', service: 'gateway', namespace: 'market' }, at, 'many requests fail'),
];
const object = { cluster: 'blue', kind: 'Deployment', namespace: 'market', name: 'pricing' };

describe('recall', () => {
  it('asks for cases that are alike and keeps the most similar, not its own', () => {
    const view = viewOf(shop.world, 'recall', at, { alerts });
    const [cases, runbooks] = recall.needs(view);
    expect(cases?.arguments).toMatchObject({ alertName: 'HighErrorRatio', service: 'gateway' });
    expect(runbooks?.tool).toBe('runbooks_search');
    if (cases === undefined) throw new Error('nothing asked');
    const item = (id: string, incidentId: string, similarity: number) => ({
      id,
      incidentId,
      title: id,
      outcome: 'mended',
      steps: [],
      closedAt: at,
      durationSeconds: 60,
      similarity,
    });
    const items = [item('far', 'a', 0.2), item('near', 'b', 0.9), item('own', view.incident.id, 1)];
    const evidence: Evidence = {
      id: 'e',
      call: cases,
      asOf: at,
      output: { items, truncated: false, gaps: [] },
      digest: '',
      truncated: false,
      gaps: [],
    };
    const found = recall.judge({ ...view, evidence: [evidence] });
    expect('cases' in found && found.cases.map(({ id }) => id)).toEqual(['near', 'far']);
  });
});

describe('learn', () => {
  it('keeps the cause that a verified step proved, and every step with its end', () => {
    const result = (planNo: number, outcome: 'undone' | 'verified') => ({ planNo, outcome, detail: 'd' });
    const step = (action: string, planNo: number, outcome: 'undone' | 'verified') => ({
      planNo,
      cause: 'container.oom-killed' as const,
      object,
      action,
      arguments: {},
      result: result(planNo, outcome),
    });
    const view = viewOf(shop.world, 'learn', at, {
      alerts,
      tried: [step('rollout-undo', 1, 'undone'), step('set-resources', 2, 'verified')],
    });
    expect(learn.judge(view)).toMatchObject({
      title: 'many requests fail',
      alertNames: ['HighErrorRatio'],
      service: 'gateway',
      cause: 'container.oom-killed',
      object,
      outcome: 'mended',
      steps: [
        { action: 'rollout-undo', outcome: 'undone' },
        { action: 'set-resources', outcome: 'verified' },
      ],
      symptoms: ['many requests fail'],
    });
  });
});
