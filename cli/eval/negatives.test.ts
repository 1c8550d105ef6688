import { expect, test } from 'vitest';
import { listOf, plainInfo, writeBundle } from '#mcp-tools/bundle/testing/make-bundle.ts';
import { runNegatives } from './negatives.ts';

const startsAt = '2026-03-04T10:15:00Z';
const alert = {
  alerts: [
    { status: 'firing', labels: { alertname: 'PodNotReady', namespace: 'mill', pod: 'saw-0' }, startsAt },
  ],
};
const pod = {
  kind: 'Pod',
  metadata: { name: 'saw-0', namespace: 'mill' },
  spec: { containers: [{ name: 'saw', image: 'registry.lab/saw:1' }] },
  status: {
    phase: 'Pending',
    containerStatuses: [
      {
        name: 'saw',
        ready: false,
        restartCount: 0,
        state: {
          waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image "registry.lab/saw:1"' },
        },
      },
    ],
  },
};

test('without what it quotes a diagnosis knows nothing, and says what it could not see', async () => {
  const folder = await writeBundle({
    'bundle.json': plainInfo,
    'alert.json': alert,
    'kubernetes/pods.json': listOf(pod),
  });
  const label = { bundle: 'mill', verdict: 'fault' as const, objects: ['app/saw-0'] };
  const card = await runNegatives(
    { name: 'mills', cases: [{ folder, label }], missing: [] },
    { beforeMs: 300_000, signal: new AbortController().signal },
  );
  const [decisive] = Object.values(card.figures.decisive ?? {});
  expect(decisive).toEqual({ bundles: 1, falseFaults: 0, healthy: 0, unknown: 1, gapNamed: 1 });
  // The state of objects is of one moment: there is no time before.
  expect(card.figures.before).toBeUndefined();
});
