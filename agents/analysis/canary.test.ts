import { describe, expect, it } from 'vitest';
import { fromMs } from '#domain/time.ts';
import { guessedOf } from '../testing/guessed.ts';
import { canaryFinding, type GradualRelease } from './canary.ts';
import type { SeriesEvidence } from './signals.ts';

const startUnix = 1_700_000_000;
const at = fromMs(startUnix * 1000);
const to = fromMs((startUnix + 600) * 1000);
const release: GradualRelease = {
  service: 'cart',
  at,
  toVersion: 'v2',
  createdPods: ['cart-v2-a'],
  deletedPods: ['cart-v1-c'],
};

function series(
  name: string,
  pod: string,
  fromUnix: number,
  value: (unix: number) => number,
): SeriesEvidence {
  const points: [number, number][] = [];
  for (let unix = fromUnix; unix <= startUnix + 600; unix += 60) points.push([unix, value(unix)]);
  const version = pod.split('-')[1] ?? '';
  const labels = { service: 'cart', pod, version };
  const info = { series: `${name} ${pod}`, name, emitter: labels, labels, ...guessedOf(name) };
  return { evidenceId: 'e', points, info };
}

const old = (name: string, value: (unix: number) => number) =>
  ['cart-v1-a', 'cart-v1-b'].map((pod) => series(name, pod, startUnix - 1200, value));
const wobble = (unix: number) => 1 + 0.05 * Math.sin(unix);

describe('canaryFinding', () => {
  it('finds new pods worse that fail where the old ones do not', () => {
    const fresh = series('success_rate_percent', 'cart-v2-a', startUnix + 60, () => 40);
    const finding = canaryFinding(release, [...old('success_rate_percent', () => 100), fresh], to);
    expect(finding).toMatchObject({ measure: 'availability', now: 40, usual: 100, silent: false });
    // 60 points of a hundred, in spreads of 0.6: log2(1 + 100 / 4).
    expect(finding.worse).toBeCloseTo(Math.log2(26), 5);
  });

  it('says nothing of new pods where all are equally slow', () => {
    const slow = (unix: number) => (unix < startUnix + 60 ? 0.1 : 2) * wobble(unix);
    const all = [
      ...old('latency_seconds', slow),
      series('latency_seconds', 'cart-v2-a', startUnix + 60, slow),
    ];
    expect(canaryFinding(release, all, to).worse).toBeLessThan(0.5);
  });

  it('does not count the first minute of a pod, nor pods that made room', () => {
    const cold = (unix: number) => (unix < startUnix + 120 ? 90 : 0.1 * wobble(unix));
    const gone = series('latency_seconds', 'cart-v1-c', startUnix - 1200, (unix) =>
      unix < startUnix ? 0.1 : 50,
    );
    const fresh = series('latency_seconds', 'cart-v2-a', startUnix + 60, cold);
    const young = { ...fresh, points: fresh.points.slice(0, 2) };
    const all = [...old('latency_seconds', (unix) => 0.1 * wobble(unix)), gone, young];
    expect(canaryFinding(release, all, to).worse).toBeLessThan(0.5);
  });

  it('does not excuse new pods by those that made room for them', () => {
    const deletedPods = ['cart-v1-c', 'cart-v1-d', 'cart-v1-e'];
    const failing = (unix: number) => (unix < startUnix ? 100 : 20);
    const gone = deletedPods.map((pod) => series('success_rate_percent', pod, startUnix - 1200, failing));
    const fresh = series('success_rate_percent', 'cart-v2-a', startUnix + 60, () => 20);
    const all = [...old('success_rate_percent', () => 100), ...gone, fresh];
    expect(canaryFinding({ ...release, deletedPods }, all, to).worse).toBeGreaterThan(4);
  });

  it('takes more memory for less than a failure', () => {
    const fresh = series('memory_usage_bytes', 'cart-v2-a', startUnix + 60, () => 3e9);
    expect(canaryFinding(release, [...old('memory_usage_bytes', () => 1e9), fresh], to).worse).toBeLessThan(
      1,
    );
  });

  it('notices pods that were made and are not heard of', () => {
    const all = old('latency_seconds', wobble);
    expect(canaryFinding(release, all, to)).toMatchObject({ silent: true, worse: 0 });
    expect(canaryFinding(release, all, fromMs((startUnix + 60) * 1000)).silent).toBe(false);
    expect(canaryFinding(release, [], to).silent).toBe(false);
  });
});
