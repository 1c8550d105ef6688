import { describe, expect, it } from 'vitest';
import type { AgentView } from '#domain/agent-turn.ts';
import type { Diagnosis, ProposedStep } from '#domain/diagnosis.ts';
import { healthyShop, namings } from '../testing/shop.ts';
import { viewOf } from '../testing/world.ts';
import { plan } from './plan.ts';

const at = '2025-11-21T12:00:00Z';
const [naming] = namings;
if (naming === undefined) throw new Error('no naming');
const shop = healthyShop(naming);
const object = { cluster: 'blue', kind: 'Deployment', namespace: 'market', name: 'pricing' };
const step: ProposedStep = {
  action: 'rollout-undo',
  object,
  arguments: { toRevision: 3 },
  why: 'it was fine',
  undo: 'roll forward',
};

function diagnosisOf(proposedFix: ProposedStep[], confidence = 0.9): Diagnosis {
  return {
    format: 'understudy-diagnosis/1',
    verdict: 'fault',
    summary: 'pricing is broken.',
    hypotheses: [
      {
        cause: 'application.bad-release',
        object,
        service: 'pricing',
        confidence,
        explanation: 'because',
        evidence: [{ source: 's', ref: 'r', quote: 'q', weight: 1 }],
        against: [],
        chain: [],
      },
    ],
    ruledOut: [],
    gaps: [],
    proposedFix,
  };
}

function planned(diagnosis: Diagnosis, more: Partial<AgentView> = {}) {
  return plan.judge(viewOf(shop.world, 'plan', at, { findings: { diagnosis }, ...more }));
}

describe('plan', () => {
  it('numbers the proposed steps and says for which cause they are', () => {
    expect(planned(diagnosisOf([step]))).toEqual({
      cause: 'application.bad-release',
      object,
      service: 'pricing',
      confidence: 0.9,
      why: 'because',
      steps: [{ stepNo: 1, ...step }],
    });
  });

  it.each([
    ['an action that is not in the catalogue', { ...step, action: 'drop-database' }, 'no action'],
    ['arguments that do not fit', { ...step, arguments: { toRevision: 'last' } }, 'wrong arguments'],
    [
      'an object of the wrong kind',
      { ...step, object: { ...object, kind: 'Service' } },
      'cannot be taken on a Service',
    ],
    ['a cluster that is not ours', { ...step, object: { ...object, cluster: 'green' } }, 'not one of ours'],
  ])('hands over %s', (_what, wrong, reason) => {
    expect(planned(diagnosisOf([wrong]))).toEqual({ handOver: expect.stringContaining(reason) });
  });

  it('hands over what is unsure, has no safe step, or is no fault', () => {
    expect(planned(diagnosisOf([step], 0.35))).toEqual({ handOver: expect.stringContaining('too unsure') });
    expect(planned(diagnosisOf([]))).toEqual({ handOver: expect.stringContaining('no safe step') });
    expect(planned({ ...diagnosisOf([]), verdict: 'healthy', hypotheses: [] })).toEqual({
      handOver: expect.stringContaining('nothing is to be mended'),
    });
    expect(plan.judge(viewOf(shop.world, 'plan', at))).toEqual({
      handOver: expect.stringContaining('no diagnosis'),
    });
  });

  it('does not ask twice for what did not help, but for what nobody decided', () => {
    const tried = (outcome: 'undone' | 'expired') => [
      {
        planNo: 1,
        cause: 'application.bad-release' as const,
        object,
        action: step.action,
        arguments: step.arguments,
        result: { planNo: 1, outcome, detail: '' },
      },
    ];
    expect(planned(diagnosisOf([step]), { tried: tried('undone') })).toEqual({
      handOver: expect.stringContaining('was tried'),
    });
    expect(planned(diagnosisOf([step]), { tried: tried('expired') })).toMatchObject({
      steps: [{ stepNo: 1 }],
    });
  });
});
