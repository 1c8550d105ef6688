import { UnderstudyError } from '#domain/errors.ts';
import type { Gate } from '#domain/gate.ts';
import type { ClusterFacts } from '#range/cluster/cluster.ts';
import { assertIsRange } from '#range/cluster/marker.ts';

/**
 * Throws `not-the-range` where a step would be taken on anything but this range. The server lets the range's account
 * decide for the environment `practice` alone; that the cluster is the range is looked at here, by its marker.
 */
export async function assertOnRange(gate: Gate, cluster: ClusterFacts): Promise<void> {
  if (gate.object.cluster !== cluster.name || gate.environment !== 'practice') {
    throw new UnderstudyError(
      'not-the-range',
      `${gate.object.cluster} (${gate.environment}) is not the practice range: nothing is approved there by itself`,
    );
  }
  await assertIsRange(cluster.kubeconfigs.reader, cluster.rangeId);
}
