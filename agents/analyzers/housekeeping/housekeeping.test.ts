import { describe, expect, it } from 'vitest';
import { logsPatterns } from '#domain/tools/logs.ts';
import { snapshotOf } from '../../analysis/kubernetes/snapshot.ts';
import { ask } from '../../ask.ts';
import { deployment, examinedWith, findingsWith, now, object, pod, service } from '../../testing/cluster.ts';
import type { Finding } from '../define-analyzer.ts';
import { containerLogs } from './container-logs.ts';

const read = ['pods', 'deployments', 'services', 'cronjobs'];
const shop = deployment('shop', { securityContext: { runAsNonRoot: true } });

function lines(found: readonly Finding[]): string[] {
  return found.map(({ severity, code, object: { kind, name } }) => `${severity} ${code} ${kind}/${name}`);
}

const examined = (objects: Parameters<typeof examinedWith>[0], parts: object = {}) =>
  lines(examinedWith(objects, { read, ...parts }));

describe('what is left over', () => {
  const labels = (app: string) => ({ matchLabels: { app } });
  const policy = (podSelector: object) =>
    object({
      kind: 'NetworkPolicy',
      apiVersion: 'networking.k8s.io/v1',
      name: 'tight',
      spec: { podSelector, policyTypes: ['Ingress'], ingress: [{}] },
    });
  const budget = (selector: object) =>
    object({
      kind: 'PodDisruptionBudget',
      apiVersion: 'policy/v1',
      name: 'keep',
      spec: { minAvailable: 1, selector },
    });

  it('selects nothing', () => {
    expect(examined([shop, policy(labels('gone'))])).toEqual(['warning network.other NetworkPolicy/tight']);
    expect(examined([shop, policy(labels('shop'))])).toEqual([]);
    expect(examined([shop, policy({})])).toEqual([]);
    expect(examined([shop, budget(labels('gone'))])).toEqual([
      'warning workload.disruption-budget PodDisruptionBudget/keep',
    ]);
    expect(examined([shop, budget(labels('shop'))])).toEqual([]);
    expect(lines(findingsWith([shop, policy(labels('gone'))], { read }))).toEqual([]);
  });

  it('is a Service behind which there is nobody, which hurts where somebody leads to it', () => {
    const lost = service('lost', [{ port: 80 }], { selector: { app: 'nobody', tier: 'x' } });
    expect(examined([shop, lost])).toEqual(['warning service.no-ready-endpoints Service/lost']);
    const front = object({
      kind: 'Ingress',
      apiVersion: 'networking.k8s.io/v1',
      name: 'front',
      spec: { defaultBackend: { service: { name: 'lost', port: { number: 80 } } } },
    });
    expect(examined([shop, lost, front])).toEqual(['error service.no-ready-endpoints Service/lost']);
    expect(lines(examinedWith([lost]))).toEqual([]);
  });

  it('is a ConfigMap that nobody names', () => {
    const config = (name: string, metadata: Readonly<Record<string, unknown>> = {}) =>
      object({ kind: 'ConfigMap', apiVersion: 'v1', name, metadata, data: { a: '1' } });
    expect(examined([shop, config('rules')])).toEqual(['info config.other ConfigMap/rules']);
    const reads = deployment('shop', {
      securityContext: { runAsNonRoot: true },
      args: ['--config=market/rules'],
    });
    expect(examined([reads, config('rules')])).toEqual([]);
    expect(examined([shop, config('kube-root-ca.crt')])).toEqual([]);
    expect(
      examined([shop, config('rules', { ownerReferences: [{ kind: 'Prometheus', name: 'p' }] })]),
    ).toEqual([]);
  });
});

describe('what good practice asks for', () => {
  it('is a deadline for starting that can be kept', () => {
    const cron = (spec: object) =>
      object({
        kind: 'CronJob',
        apiVersion: 'batch/v1',
        name: 'nightly',
        spec: { schedule: '0 3 * * *', ...spec },
      });
    expect(examined([cron({})])).toEqual(['info workload.other CronJob/nightly']);
    expect(examined([cron({ startingDeadlineSeconds: 5 })])).toEqual([
      'warning workload.schedule-invalid CronJob/nightly',
    ]);
    expect(examined([cron({ startingDeadlineSeconds: 300 })])).toEqual([]);
  });

  it('is not to run as root', () => {
    expect(examined([deployment('shop')])).toEqual(['info security.other Deployment/shop']);
    expect(examined([deployment('shop', { securityContext: { runAsUser: 1000 } })])).toEqual([]);
    expect(examined([shop])).toEqual([]);
  });
});

describe('warnings that nothing explains', () => {
  const own = pod('shop-5d8f9c7b6d-x', 'shop', {
    status: { conditions: [{ type: 'Ready', status: 'False' }] },
  });
  const event = (more: object = {}) => ({
    kind: 'Pod',
    name: 'shop-5d8f9c7b6d-x',
    reason: 'FailedSomething',
    message: 'the thing could not be done',
    firstAt: '2026-03-04T11:40:00Z',
    count: 7,
    ...more,
  });

  it('are told of while they go on', () => {
    expect(examined([shop, own], { events: [event()] })).toEqual([
      'warning workload.other Pod/shop-5d8f9c7b6d-x',
    ]);
    expect(examined([shop, own], { events: [event({ lastAt: '2026-03-04T11:00:00Z' })] })).toEqual([]);
    expect(examined([shop, own], { events: [event({ count: 1, firstAt: now })] })).toEqual([]);
    expect(examined([shop, own], { events: [event({ type: 'Normal' })] })).toEqual([]);
    expect(examined([shop, own], { events: [event({ name: 'shop-gone' })] })).toEqual([]);
  });

  it('are left to what explains them', () => {
    const crashing = pod('shop-5d8f9c7b6d-x', 'shop', {
      status: {
        conditions: [{ type: 'Ready', status: 'False' }],
        containerStatuses: [
          {
            name: 'app',
            ready: false,
            restartCount: 9,
            state: { waiting: { reason: 'CrashLoopBackOff' } },
            lastState: { terminated: { exitCode: 1, reason: 'Error' } },
          },
        ],
      },
    });
    expect(examined([shop, crashing], { events: [event()] })).toEqual([
      'error container.crash-exit Deployment/shop',
    ]);
  });

  it('are for information about a pod that is ready', () => {
    expect(examined([shop, pod('shop-5d8f9c7b6d-x', 'shop')], { events: [event()] })).toEqual([
      'info workload.other Pod/shop-5d8f9c7b6d-x',
    ]);
  });
});

describe('errors in logs', () => {
  function found(pattern: object) {
    const kinds = ['deployments'];
    const cluster = 'blue';
    const evidence = [
      [
        ask(logsPatterns, { cluster, emitter: { namespace: 'market' } }, ''),
        [{ emitter: { namespace: 'market', workload: 'shop' }, template: '', count: 9, ...pattern }],
      ],
      [
        { server: 'kubernetes', tool: 'kubernetes_list_objects', arguments: { cluster, kinds }, why: '' },
        [shop],
      ],
    ].map(([call, items], index) => ({
      id: `e${index}`,
      call: call as ReturnType<typeof ask>,
      asOf: now,
      output: { items, truncated: false, gaps: [] },
      digest: '',
      truncated: false,
      gaps: [],
    }));
    return lines(containerLogs.analyze(snapshotOf({ evidence, asOf: now }, cluster)));
  }

  it('warn where they name a cause and are new', () => {
    const sample = 'pq: sorry, too many clients already';
    expect(found({ sample })).toEqual(['warning database.connections-exhausted Deployment/shop']);
    expect(found({ sample, baselineCount: 8 })).toEqual([
      'info database.connections-exhausted Deployment/shop',
    ]);
  });

  it('are for information otherwise, and nothing where they are routine', () => {
    expect(found({ sample: 'ERROR something odd' })).toEqual(['info application.other Deployment/shop']);
    expect(found({ sample: 'request served' })).toEqual([]);
    expect(found({ sample: 'error: context canceled' })).toEqual([]);
  });
});
