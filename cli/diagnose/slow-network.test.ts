import { describe, expect, it } from 'vitest';
import { openBundle } from '#mcp-tools/bundle/open-bundle.ts';
import { listOf, plainInfo, writeBundle } from '#mcp-tools/bundle/testing/make-bundle.ts';
import { diagnoseBundle } from './diagnose-bundle.ts';

const namespace = 'depot';
const startsAt = '2026-03-04T10:15:00Z';
const startUnix = Date.parse(startsAt) / 1000;

/** Who runs where; `desk` is what users meet, and calls the others. */
const places = {
  ...{ desk: 'n1', rack: 'n2', scale: 'n2', crane: 'n1', belt: 'n1', gate: 'n1', chute: 'n1' },
} as const;
type Service = keyof typeof places;
const services: readonly Service[] = ['desk', 'rack', 'scale', 'crane', 'belt', 'gate', 'chute'];

/** What a series is times in the trouble, by service and measure; 1 where nothing is said. */
type Trouble = Partial<Record<Service, Partial<Record<'p50' | 'p90' | 'cpu', number>>>>;

function seriesOf(head: string, usual: number, times: number): string[] {
  return Array.from({ length: 120 }, (_, index) => {
    const at = startUnix - 400 + index * 5;
    const wave = 1 + 0.03 * Math.sin(index);
    return `${head} ${(usual * wave * (at < startUnix - 10 ? 1 : times)).toFixed(6)} ${at}`;
  });
}

function metricsOf(among: readonly Service[], trouble: Trouble, lostOnN2: number): string {
  const lines = among.flatMap((service) => {
    const times = trouble[service] ?? {};
    const head = (name: string) => `${name}{namespace="${namespace}",service="${service}"}`;
    return [
      ...seriesOf(head('latency_p50_ms'), 4, times.p50 ?? 1),
      ...seriesOf(head('latency_p90_ms'), 9, times.p90 ?? 1),
      ...seriesOf(head('cpu_usage_cores'), 0.05, times.cpu ?? 1),
    ];
  });
  const nodes = [
    ...seriesOf('tcp_retransmits_per_second{node="n1"}', 0.1, 1),
    ...seriesOf('tcp_retransmits_per_second{node="n2"}', 0.1, lostOnN2),
  ];
  return [...lines, ...nodes, '# EOF', ''].join('\n');
}

function objectsOf(among: readonly Service[]) {
  const labels = (service: string) => ({ app: service });
  const spec = { containers: [{ name: 'main', image: 'registry.lab/depot:1' }] };
  return {
    'kubernetes/deployments.json': listOf(
      ...among.map((name) => ({
        kind: 'Deployment',
        metadata: { name, namespace, labels: labels(name) },
        spec: {
          replicas: 1,
          selector: { matchLabels: labels(name) },
          template: { metadata: { labels: labels(name) }, spec },
        },
        status: { replicas: 1, readyReplicas: 1, updatedReplicas: 1, availableReplicas: 1 },
      })),
    ),
    'kubernetes/replicasets.json': listOf(
      ...among.map((name) => ({
        kind: 'ReplicaSet',
        metadata: {
          name: `${name}-6c5d4`,
          namespace,
          labels: labels(name),
          ownerReferences: [{ kind: 'Deployment', name, controller: true }],
        },
        spec: { replicas: 1, template: { metadata: { labels: labels(name) }, spec } },
      })),
    ),
    'kubernetes/pods.json': listOf(
      ...among.map((name) => ({
        kind: 'Pod',
        metadata: {
          name: `${name}-6c5d4-x2v9k`,
          namespace,
          labels: labels(name),
          ownerReferences: [{ kind: 'ReplicaSet', name: `${name}-6c5d4`, controller: true }],
        },
        spec: { ...spec, nodeName: places[name] },
        status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
      })),
    ),
    'kubernetes/services.json': listOf(
      ...among.map((name) => ({
        kind: 'Service',
        metadata: { name, namespace },
        spec: { selector: labels(name) },
      })),
    ),
    'kubernetes/nodes.json': listOf(
      ...['n1', 'n2'].map((name) => ({
        kind: 'Node',
        metadata: { name },
        status: { conditions: [{ type: 'Ready', status: 'True' }] },
      })),
    ),
    'kubernetes/events.json': listOf(),
    'topology.json': { edges: among.slice(1).map((to) => ({ from: 'desk', to })) },
  };
}

async function told(trouble: Trouble, { lostOnN2 = 1, among = services } = {}) {
  const labels = { alertname: 'DeskSlow', namespace, service: 'desk' };
  const folder = await writeBundle({
    'bundle.json': { ...plainInfo, namespaces: [namespace] },
    'alert.json': {
      alerts: [
        { status: 'firing', labels, annotations: { summary: 'latency of the desk is high' }, startsAt },
      ],
    },
    ...objectsOf(among),
    'metrics/all.om': metricsOf(among, trouble, lostOnN2),
  });
  const { diagnosis } = await diagnoseBundle(await openBundle(folder), {
    signal: new AbortController().signal,
  });
  const [first] = diagnosis.hypotheses;
  return {
    verdict: diagnosis.verdict,
    cause: first?.cause,
    kind: first?.object.kind,
    name: first?.object.name,
  };
}

const slow = { p50: 150, p90: 150 };
const desk = { desk: slow };

describe('slowness without work', () => {
  it('of one service is of the way to it', async () => {
    const fault = { verdict: 'fault', cause: 'network.delay', kind: 'Deployment', name: 'rack' };
    expect(await told({ ...desk, rack: slow })).toEqual(fault);
  });

  it('of all that has only its node in common is of that node', async () => {
    const fault = { verdict: 'fault', cause: 'network.delay', kind: 'Node', name: 'n2' };
    expect(await told({ ...desk, rack: slow, scale: slow })).toEqual(fault);
  });

  it('with packets that get lost on that node is their loss', async () => {
    const fault = { verdict: 'fault', cause: 'network.loss', kind: 'Node', name: 'n2' };
    expect(await told({ ...desk, rack: slow, scale: slow }, { lostOnN2: 100 })).toEqual(fault);
  });

  it('of two among few is of their node only where the node itself shows it', async () => {
    const among = services.slice(0, 5);
    const trouble = { ...desk, rack: slow, scale: slow };
    expect((await told(trouble, { among })).kind).not.toBe('Node');
    expect((await told(trouble, { among, lostOnN2: 100 })).kind).toBe('Node');
  });

  it('of services on several nodes is of none of them', async () => {
    expect((await told({ ...desk, rack: slow, crane: slow })).kind).not.toBe('Node');
  });
});

it('slowness with far more work is of the CPU', async () => {
  const fault = { verdict: 'fault', cause: 'resource.cpu-saturated', kind: 'Deployment', name: 'rack' };
  expect(await told({ ...desk, rack: { ...slow, cpu: 20 } })).toEqual(fault);
});
