import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ClusterFacts } from '#range/cluster/cluster.ts';
import { loadKubeconfig } from '#range/cluster/kubeconfig.ts';
import { writeMarker } from '#range/cluster/marker.ts';
import {
  type KubernetesApi,
  startKubernetesApi,
  startKubernetesApiTimeoutMs,
} from '#test/setup/kubernetes-api.ts';
import { gate } from '../testing/samples.ts';
import { assertOnRange } from './assert-on-range.ts';

/** A real cluster that nobody has marked: what a hostile or forgotten KUBECONFIG would lead to. */
let cluster: KubernetesApi;
beforeAll(async () => {
  cluster = await startKubernetesApi({ controllers: false });
}, startKubernetesApiTimeoutMs);
afterAll(() => cluster.stop());

function facts(rangeId: string): ClusterFacts {
  const kubeconfigs = {
    admin: cluster.adminKubeconfig,
    reader: cluster.adminKubeconfig,
    actor: '',
    prometheus: '',
  };
  return {
    ...{ name: 'practice', rangeId, level: 'given', kubeconfigs, apiServerUrl: cluster.url, caPath: '' },
    ...{ prometheusTokenPath: '', nodes: [], nodeNames: [] },
  };
}

test.each([
  ['another cluster', { ...gate, object: { ...gate.object, cluster: 'prod-sh1' } }],
  ['another environment', { ...gate, environment: 'production' }],
])('a step on %s is refused', async (_name, asked) => {
  await expect(assertOnRange(asked, facts('0a1b2c3d'))).rejects.toMatchObject({ code: 'not-the-range' });
});

test('a cluster that calls itself practice is refused until it shows this range’s marker', async () => {
  await expect(assertOnRange(gate, facts('0a1b2c3d'))).rejects.toMatchObject({ code: 'not-the-range' });
  const config = loadKubeconfig(cluster.adminKubeconfig);
  await writeMarker(config, { rangeId: 'ffffffff', rangeName: 'practice' });
  await expect(assertOnRange(gate, facts('0a1b2c3d'))).rejects.toMatchObject({ code: 'not-the-range' });
  await writeMarker(config, { rangeId: '0a1b2c3d', rangeName: 'practice' });
  await expect(assertOnRange(gate, facts('0a1b2c3d'))).resolves.toBeUndefined();
});
