import { describe, expect, it } from 'vitest';
import { deployment, node, pod, snapshotWith } from '../testing/cluster.ts';
import {
  type Course,
  type InventedSystem,
  incidentOf,
  jumpTo,
  seriesOf,
  times,
} from '../testing/invented-systems.ts';
import { recordedView } from '../testing/recorded-view.ts';
import { openCase } from './case-file.ts';
import { nodeNetworkCandidates } from './node-network.ts';
import { originsOf } from './origins.ts';

/** Services on two nodes, each of which calls a store that runs elsewhere. */
const here = ['quote', 'stock', 'rating'];
const there = ['search', 'images', 'mail', 'tax'];
const usual = { latency_p50_ms: 60, latency_p95_ms: 200, cpu_usage_percent: 20 };

const system: InventedSystem = {
  edges: [...here, ...there].map((name) => [name, 'store'] as const),
  services: Object.fromEntries([...here, ...there].map((name) => [name, usual])),
  stepSeconds: 15,
  historySeconds: 3600,
  noise: 0.05,
};

const slow: Readonly<Record<string, Course>> = { latency_p50_ms: times(9), latency_p95_ms: times(8) };

/** What is told of nodes where these services are slow and this is measured of node n1. */
function told(slowOnes: readonly string[], ofNode: Readonly<Record<string, Course>> = {}) {
  const planted = Object.fromEntries(slowOnes.map((name) => [name, slow]));
  const alert = { service: 'quote', alertname: 'QuoteSlow', summary: 'latency of quote is high' };
  const incident = incidentOf(system, alert, { planted });
  const host = { ...system, services: { n1: { cpu_percent: 30, tcp_retransmits: 0.1 } } };
  const onNode = seriesOf(host, { planted: { n1: ofNode } }).map((series) => ({
    ...series,
    labels: { node: 'n1' },
  }));
  const view = recordedView({ ...incident, series: [...(incident.series ?? []), ...onNode] });
  const objects = [...here, ...there].flatMap((name) => [
    deployment(name),
    pod(`${name}-5d8f9c7b6d-x`, name, { spec: { nodeName: here.includes(name) ? 'n1' : 'n2' } }),
  ]);
  const file = { ...openCase(view), snapshot: snapshotWith([...objects, node('n1'), node('n2')]) };
  return nodeNetworkCandidates(file, originsOf(file)).map(({ object, code }) => [object.name, code]);
}

describe('nodeNetworkCandidates', () => {
  it('blames the node on which all is slow, while elsewhere nothing is', () => {
    expect(told(here)).toEqual([['n1', 'network.delay']]);
  });

  it('tells what the node shows of itself: packets that get lost, or a lack of its own', () => {
    expect(told(here, { tcp_retransmits: jumpTo(40) })).toEqual([['n1', 'network.loss']]);
    expect(told(here, { cpu_percent: jumpTo(99) })).toEqual([['n1', 'resource.cpu-saturated']]);
  });

  it('blames none where services elsewhere are slow as well, or others there are calm', () => {
    expect(told([...here, ...there])).toEqual([]);
    expect(told([...here, ...there.slice(0, 2)])).toEqual([]);
    expect(told(here.slice(0, 2))).toEqual([]);
    expect(told([])).toEqual([]);
  });
});
