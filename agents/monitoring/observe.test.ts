import { describe, expect, it } from 'vitest';
import { metricsTargets } from '#domain/tools/prometheus.ts';
import { topologyEdges } from '#domain/tools/topology.ts';
import { ask } from '../ask.ts';
import { isHandOver } from '../define-agent.ts';
import { healthyShop, namings, times } from '../testing/shop.ts';
import { alertOf, viewOf } from '../testing/world.ts';
import { observe } from './observe.ts';

const [naming] = namings;
if (naming === undefined) throw new Error('no naming');
const { namespace } = naming;
const asOf = times.asOf;

const ground = naming;

function gapsOf(call: ReturnType<typeof ask>, items: readonly object[]): string[] {
  const { world, entry: service } = healthyShop(ground);
  const output = { items, truncated: false, gaps: [] };
  const evidence = [{ id: 'e1', call, asOf, output, digest: '', truncated: false, gaps: [] }];
  const alerts = [alertOf({ alertname: 'X', namespace, service }, times.alertAt)];
  const answer = observe.judge(viewOf(world, 'observe', asOf, { alerts, evidence }));
  if (isHandOver(answer)) throw new Error(answer.handOver);
  return answer.gaps;
}

describe('what was not looked at', () => {
  it("are targets of the alert's namespace that cannot be scraped, and not those of others", () => {
    const down = (space: string | undefined, service: string) => ({
      job: service,
      health: 'down',
      emitter: { service, ...(space === undefined ? {} : { namespace: space }) },
    });
    const items = [down(namespace, 'ours'), down('elsewhere', 'theirs'), down(undefined, 'nobodys')];
    const gaps = gapsOf(ask(metricsTargets, {}, ''), items).join();
    expect(gaps).toContain('target ours cannot be scraped');
    expect(gaps).toContain('target nobodys cannot be scraped');
    expect(gaps).not.toContain('theirs');
  });

  it('are services around, of which there are too many', () => {
    const { entry } = healthyShop(ground);
    const edges = Array.from({ length: 20 }, (_, index) => ({ from: entry, to: `callee-${index}` }));
    const gaps = gapsOf(ask(topologyEdges, { cluster: ground.cluster }, ''), edges);
    expect(gaps).toContain('metrics: 5 more services around were not looked at');
  });
});
