import { expect, test } from 'vitest';
import { openBundle } from '#mcp-tools/bundle/open-bundle.ts';
import { listOf, plainInfo, writeBundle } from '#mcp-tools/bundle/testing/make-bundle.ts';
import { diagnoseBundle } from './diagnose-bundle.ts';

const node = (name: string, ready: boolean) => ({
  kind: 'Node',
  metadata: { name },
  status: {
    conditions: [
      ready
        ? {
            type: 'Ready',
            status: 'True',
            reason: 'KubeletReady',
            message: 'kubelet is posting ready status',
          }
        : {
            type: 'Ready',
            status: 'Unknown',
            reason: 'NodeStatusUnknown',
            message: 'Kubelet stopped posting node status.',
            lastTransitionTime: '2026-03-04T10:13:30Z',
          },
    ],
  },
});

async function told(...nodes: readonly object[]) {
  const folder = await writeBundle({
    'bundle.json': { ...plainInfo, namespaces: ['ferry'] },
    'alert.json': {
      alerts: [
        {
          status: 'firing',
          labels: { alertname: 'HighErrorRate', namespace: 'ferry', service: 'booking' },
          annotations: { summary: 'booking fails many requests' },
          startsAt: '2026-03-04T10:15:00Z',
        },
      ],
    },
    'kubernetes/nodes.json': listOf(...nodes),
  });
  const { diagnosis } = await diagnoseBundle(await openBundle(folder), {
    signal: new AbortController().signal,
  });
  return diagnosis;
}

test('of a record that holds nodes alone, one that went away just before is the likeliest there is', async () => {
  const { verdict, hypotheses, proposedFix } = await told(node('deck-1', true), node('deck-2', false));
  expect(verdict).toBe('fault');
  expect(hypotheses[0]?.object).toMatchObject({ kind: 'Node', name: 'deck-2' });
  expect(hypotheses[0]?.confidence).toBeLessThan(0.8);
  expect(proposedFix).toEqual([]);
});

test('where all its nodes are ready nothing is known', async () => {
  expect((await told(node('deck-1', true), node('deck-2', true))).verdict).toBe('unknown');
});
