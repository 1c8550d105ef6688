import { describe, expect, it } from 'vitest';
import { investigate } from '../testing/investigate.ts';
import {
  breakPods,
  crashed,
  event,
  healthyShop,
  namings,
  type Shop,
  shifted,
  times,
} from '../testing/shop.ts';
import { alertOf } from '../testing/world.ts';

const [naming] = namings;
if (naming === undefined) throw new Error('no naming');
const { namespace } = naming;
const { faultAt } = times;
const ground = naming;

async function topOf(shop: Shop, pod: string | undefined) {
  shop.world.alerts = [alertOf({ alertname: 'PodNotReady', namespace, pod: pod ?? '' }, times.alertAt)];
  const { diagnosis } = await investigate(shop.world, shifted(times.asOf, 180));
  const [first] = diagnosis.hypotheses;
  const [step] = diagnosis.proposedFix;
  return {
    verdict: diagnosis.verdict,
    cause: first?.cause,
    confidence: first?.confidence ?? 0,
    explanation: first?.explanation ?? '',
    action: step?.action,
  };
}

describe('a container that ends', () => {
  it('with exit code 0 again and again crashes all the same', async () => {
    const shop = healthyShop(naming);
    const { pods } = breakPods(shop, shop.near, crashed(0, 'Completed', shifted(faultAt, 10)));
    expect(await topOf(shop, pods[0])).toMatchObject({ verdict: 'fault', cause: 'container.crash-exit' });
  });

  it('by a kill of which nothing says that it was for memory is not given more of it', async () => {
    const shop = healthyShop(naming);
    const { pods } = breakPods(shop, shop.near, crashed(137, 'Error', shifted(faultAt, 10)));
    const found = await topOf(shop, pods[0]);
    expect(found).toMatchObject({ cause: 'container.crash-exit', action: undefined });
    expect(found.explanation).toContain('by whom it was killed is not known');
  });

  it.each([
    [
      'a log line',
      (shop: Shop, pod: string) =>
        void shop.world.logs.push({
          emitter: { pod },
          message: 'java.lang.OutOfMemoryError: heap',
          previous: true,
        }),
    ],
    [
      'an event',
      (shop: Shop, pod: string) =>
        event(shop, 'Pod', pod, 'OOMKilling', 'Memory cgroup out of memory: Killed process 7', faultAt),
    ],
  ])('by a kill of which %s says that it was for memory is', async (_what, tell) => {
    const shop = healthyShop(naming);
    const { pods } = breakPods(shop, shop.near, crashed(137, 'Error', shifted(faultAt, 10)));
    for (const pod of pods) tell(shop, pod);
    expect(await topOf(shop, pods[0])).toMatchObject({
      cause: 'container.oom-killed',
      action: 'set-resources',
    });
  });

  it('is not excused by the kill of a neighbour whose name begins like its own', async () => {
    const shop = healthyShop(naming);
    const { pods } = breakPods(shop, shop.near, crashed(1, 'Error', shifted(faultAt, 10)));
    for (const pod of pods) {
      const killed = `Container ${naming.container}-proxy failed liveness probe, will be restarted`;
      event(shop, 'Pod', pod, 'Killing', killed, faultAt);
    }
    expect(await topOf(shop, pods[0])).toMatchObject({ cause: 'container.crash-exit' });
  });
});

describe('a pod that is being made for minutes', () => {
  function stuck(reason: string | undefined, message = ''): { shop: Shop; pod: string | undefined } {
    const shop = healthyShop(ground);
    const state = { waiting: { reason: 'ContainerCreating' } };
    const { pods } = breakPods(shop, shop.near, { ready: false, phase: 'Pending', state });
    for (const pod of pods) if (reason !== undefined) event(shop, 'Pod', pod, reason, message, faultAt);
    return { shop, pod: pods[0] };
  }

  it.each([
    [
      'FailedAttachVolume',
      'Multi-Attach error for volume "pvc-1" Volume is already exclusively attached to one node',
      'storage.volume-already-claimed',
    ],
    [
      'FailedMount',
      'Unable to attach or mount volumes: unmounted volumes=[data]: timed out waiting for the condition',
      'storage.volume-mount-failed',
    ],
    [
      'FailedCreatePodSandBox',
      'Failed to create pod sandbox: plugin type="calico" failed (add): network: error getting ClusterInformation',
      'network.other',
    ],
  ])('is told by %s', async (reason, message, cause) => {
    const { shop, pod } = stuck(reason, message);
    expect(await topOf(shop, pod)).toMatchObject({ verdict: 'fault', cause });
  });

  it('is not called healthy where nothing tells why', async () => {
    const { shop, pod } = stuck(undefined);
    expect((await topOf(shop, pod)).verdict).not.toBe('healthy');
  });
});
