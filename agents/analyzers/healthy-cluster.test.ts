import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';
import { clusterKinds, namespacedKinds } from '../../cli/analyze/kinds.ts';
import { examinedWith } from '../testing/cluster.ts';
import { healthyCluster } from '../testing/healthy/healthy-cluster.ts';
import type { Finding } from './define-analyzer.ts';

/** As a live cluster is read: everywhere, every kind that the analyzers know. */
const read = [...clusterKinds, ...namespacedKinds].map((kind) => kind.split('.')[0] ?? kind);
const cluster = healthyCluster();

/** Warnings that any cluster has: of starts that took their time, of objects that are gone, of what was tried again. */
const events = [
  {
    namespace: 'shop',
    name: 'web-5d8f9c7b6d-0',
    reason: 'Unhealthy',
    message: 'Readiness probe failed: HTTP probe failed with statuscode: 503',
    lastAt: '2026-03-04T11:20:00Z',
  },
  {
    namespace: 'shop',
    name: 'web-5d8f9c7b6d-coming',
    reason: 'FailedMount',
    message:
      'MountVolume.SetUp failed for volume "kube-api-access-x" : failed to sync configmap cache: timed out waiting for the condition',
    lastAt: '2026-03-04T11:59:51Z',
  },
  {
    namespace: 'shop',
    name: 'web-5d8f9c7b6d-before',
    reason: 'FailedScheduling',
    message: '0/5 nodes are available: 5 Insufficient cpu.',
    count: 4,
    lastAt: '2026-03-04T11:50:00Z',
  },
  {
    namespace: 'shop',
    name: 'web-5d8f9c7b6d-going',
    reason: 'Unhealthy',
    message: 'Readiness probe failed: connection refused',
    count: 3,
    lastAt: '2026-03-04T11:59:55Z',
  },
  {
    namespace: 'shop',
    kind: 'HorizontalPodAutoscaler',
    name: 'web',
    reason: 'FailedGetResourceMetric',
    message: 'unable to get metrics for resource cpu',
    lastAt: '2026-03-04T09:00:00Z',
  },
  {
    namespace: 'shop',
    kind: 'CronJob',
    name: 'report',
    type: 'Normal',
    reason: 'JobAlreadyActive',
    message: 'Not starting job because prior execution is running',
  },
  {
    namespace: 'default',
    kind: 'Node',
    name: 'ip-10-0-1-11.ec2.internal',
    reason: 'InvalidDiskCapacity',
    message: 'invalid capacity 0 on image filesystem',
    lastAt: '2026-03-04T06:00:00Z',
  },
];

function errors(objects: readonly KubernetesObject[]): string[] {
  return examinedWith(objects, { read, events })
    .filter(({ severity }) => severity === 'error')
    .map(({ code, message }: Finding) => `${code}: ${message}`);
}

function without(kind: string, name: string): KubernetesObject[] {
  const rest = cluster.filter((one) => one.kind !== kind || one.metadata.name !== name);
  expect(rest.length).toBeLessThan(cluster.length);
  return rest;
}

describe('a cluster of well-known projects in which nothing is wrong', () => {
  it('has no error', () => {
    expect(errors(cluster)).toEqual([]);
  });

  // The silence is worth something only where it ends as soon as something is missing.
  it.each([
    ['Service', 'ingress-nginx-controller-admission', 'admission.webhook-unavailable'],
    ['Service', 'web', 'routing.ingress-backend-missing'],
    ['OperatorGroup', 'global-operators', 'workload.other'],
    ['Gateway', 'shared', 'routing.route-misrouted'],
    ['Deployment', 'web', 'workload.autoscaler-misconfigured'],
  ])('tells where %s %s is taken away', (kind, name, code) => {
    const told = errors(without(kind, name));
    expect(told.join('\n')).toContain(code);
  });
});
