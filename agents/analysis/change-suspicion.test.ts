import { describe, expect, it } from 'vitest';
import { fromMs } from '#domain/time.ts';
import type { Change } from '#domain/tools/changes.ts';
import {
  gradualReleaseOf,
  plainServiceName,
  suspiciousChanges,
  tellingWords,
  timeliness,
} from './change-suspicion.ts';

const onsetMs = 1_700_000_000_000;
const before = (seconds: number) => fromMs(onsetMs - seconds * 1000);

function change(id: string, secondsBefore: number, more: Partial<Change> = {}): Change {
  return { id, at: before(secondsBefore), kind: 'deploy', summary: '', details: {}, ...more };
}

const places: Readonly<Record<string, number>> = { payment: 1, front: 0.3 };

function ranked(changes: readonly Change[], symptoms = '', explainedOtherwise = false) {
  return suspiciousChanges({
    changes,
    services: ['payment-service', 'front'],
    onset: fromMs(onsetMs),
    blurSeconds: 0,
    placeOf: (service) => places[plainServiceName(service)],
    symptomWords: tellingWords(symptoms),
    explainedOtherwise,
  });
}
const ids = (changes: readonly Change[], symptoms = '') =>
  ranked(changes, symptoms).map((one) => one.change.id);

describe('plainServiceName', () => {
  it('makes one of the ways to write a service', () => {
    expect(['payment-service', 'paymentservice', 'payment', 'Payment_SVC'].map(plainServiceName)).toEqual(
      Array.from({ length: 4 }, () => 'payment'),
    );
    expect(plainServiceName('api')).toBe('api');
  });
});

describe('timeliness', () => {
  it('is high for minutes before, low for long before, and nothing after', () => {
    const shares = [0, 300, 900, 1200, 1800, 20_000, 86_400].map((lead) => timeliness(lead, 0));
    expect(shares.map((share) => Math.round(share * 100) / 100)).toEqual([1, 0.94, 0.64, 0.5, 0.31, 0.05, 0]);
    expect([timeliness(-10, 0), timeliness(-60, 0), timeliness(-60, 60)]).toEqual([1, 0, 1]);
  });
});

describe('suspiciousChanges', () => {
  it('names the right service at the right time before decoys of place and of time', () => {
    const changes = [
      change('late', -120, { service: 'payment' }),
      change('old', 3 * 86_400, { service: 'payment' }),
      change('elsewhere', 60, { service: 'search' }),
      change('right', 120, { service: 'payment' }),
    ];
    expect(ids(changes)).toEqual(['right', 'elsewhere', 'old']);
    const [right, elsewhere] = ranked(changes);
    expect(right?.score).toBeGreaterThanOrEqual(0.55);
    expect(elsewhere?.score).toBeLessThan(0.2);
  });

  it('dates a commit by the deploy that ships it, or by the next one of its service', () => {
    const listed = change('deploy-1', 100, {
      service: 'payment-service',
      details: { commits: ['abcdef1234'] },
    });
    const commit = change('abcdef1234', 4000, { kind: 'commit', summary: 'fix rounding' });
    const unlisted = change('fedcba4321', 600, {
      kind: 'commit',
      files: ['services/payment/charge.go'],
      summary: 'charge',
    });
    const effects = ranked([listed, commit, unlisted]).map((one) => [
      one.change.id,
      one.leadSeconds,
      one.service,
    ]);
    expect(effects).toEqual(
      expect.arrayContaining([
        ['abcdef1234', 100, 'payment-service'],
        ['fedcba4321', 100, 'payment-service'],
      ]),
    );
  });

  it('prefers the commit whose words are those of the trouble, and no documentation', () => {
    const deploy = change('d', 60, {
      service: 'payment',
      details: { commits: ['aaaaaaa1', 'bbbbbbb2', 'ccccccc3'] },
    });
    const commit = (id: string, more: Partial<Change>) => change(id, 600, { kind: 'commit', ...more });
    const changes = [
      deploy,
      commit('aaaaaaa1', {
        summary: 'bump gateway client',
        diff: '-  gatewayTimeout: 5000\n+  gatewayTimeout: 50',
      }),
      commit('bbbbbbb2', { summary: 'rename a variable', diff: '-a\n+b' }),
      commit('ccccccc3', { summary: 'docs: gateway timeout', files: ['docs/gateway.md'] }),
    ];
    const order = ids(changes, 'panic: gateway timeout after 50 ms');
    expect(order[0]).toBe('aaaaaaa1');
    expect(order.at(-1)).toBe('ccccccc3');
  });
});

describe('changes without a service', () => {
  it('are those of the services that they name, and what is done to all is told as possible', () => {
    const named = change('c1', 60, { kind: 'config', summary: 'lower pool size of payment' });
    const everywhere = change('i1', 60, { kind: 'infrastructure', summary: 'upgrade of all hosts' });
    const found = ranked([named, everywhere]);
    expect(found.map((one) => [one.change.id, one.service])).toEqual([
      ['c1', 'payment-service'],
      ['i1', undefined],
    ]);
    expect(found[1]?.score).toBeLessThan(0.3);
  });
});

describe('another explanation', () => {
  it('speaks against a change that says nothing of the trouble, and not against one that does', () => {
    const near = [change('x', 120, { service: 'payment', summary: 'new colours' })];
    expect(ranked(near, 'bucket unavailable', true)[0]?.score).toBeLessThan(0.5);
    const touching = [change('x', 120, { service: 'payment', summary: 'another bucket' })];
    expect(ranked(touching, 'bucket unavailable', true)[0]?.score).toBeGreaterThan(0.7);
  });
});

describe('gradualReleaseOf', () => {
  it('reads stages, and takes a plain deploy for none', () => {
    const steps = [
      { createdPods: ['cart-v2-a'], deletedPods: ['cart-v1-a'] },
      { createdPods: ['cart-v2-b'] },
    ];
    const release = gradualReleaseOf(
      change('cart-v2', 0, { service: 'cart', details: { steps, toVersion: 'v2' } }),
    );
    expect(release).toMatchObject({
      toVersion: 'v2',
      createdPods: ['cart-v2-a', 'cart-v2-b'],
      deletedPods: ['cart-v1-a'],
    });
    expect(
      gradualReleaseOf(change('x', 0, { service: 'cart', details: { version: '1.4' } })),
    ).toBeUndefined();
  });
});
