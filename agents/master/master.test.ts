import { describe, expect, it } from 'vitest';
import type { AgentView, Conclusion, Triage } from '#domain/agent-turn.ts';
import { healthyShop, namings } from '../testing/shop.ts';
import { alertOf, viewOf } from '../testing/world.ts';
import { conclude } from './conclude.ts';
import { isTestAlert } from './test-alert.ts';
import { triage } from './triage.ts';

const at = '2025-11-21T12:00:00Z';
const [naming] = namings;
if (naming === undefined) throw new Error('no naming');
const shop = healthyShop(naming);

function triaged(alerts: AgentView['alerts'], more: Partial<AgentView> = {}): Triage {
  const answer = triage.judge(viewOf(shop.world, 'triage', at, { alerts, ...more }));
  if ('handOver' in answer) throw new Error(answer.handOver);
  return answer;
}

describe('triage', () => {
  it('reads severity, place and object from the labels', () => {
    const alert = alertOf(
      {
        alertname: 'CrashLooping',
        namespace: 'market',
        deployment: 'pricing',
        severity: 'page',
        cluster: 'blue',
      },
      at,
      'pricing restarts',
    );
    expect(triaged([alert])).toMatchObject({
      severity: 'sev1',
      title: 'pricing restarts',
      service: 'pricing',
      namespace: 'market',
      cluster: 'blue',
      environment: 'production',
      object: { kind: 'Deployment', namespace: 'market', name: 'pricing' },
      isTest: false,
    });
  });

  it('goes by the worst of the alerts that still fire', () => {
    const alerts = [
      alertOf(
        { alertname: 'Old', namespace: 'market', service: 'rates', severity: 'critical' },
        at,
        '',
        'resolved',
      ),
      alertOf({ alertname: 'Mild', namespace: 'market', service: 'banner', severity: 'info' }, at),
      alertOf({ alertname: 'Bad', namespace: 'market', service: 'pricing', severity: 'high' }, at),
    ];
    expect(triaged(alerts)).toMatchObject({ severity: 'sev2', service: 'pricing' });
  });

  it('knows services of the catalogue and takes the environment from the intake otherwise', () => {
    const alert = alertOf({ alertname: 'X', app: 'prices', cluster: 'blue' }, at);
    const services = [
      {
        service: 'prices',
        cluster: 'blue',
        namespace: 'market',
        environment: 'staging',
        workload: { kind: 'StatefulSet', name: 'prices-db' },
      },
    ];
    expect(triaged([alert], { services })).toMatchObject({
      environment: 'staging',
      namespace: 'market',
      object: { kind: 'StatefulSet', name: 'prices-db' },
    });
    const base = viewOf(shop.world, 'triage', at, { alerts: [alert] });
    expect(triaged([alert], { incident: { ...base.incident, environment: 'practice' } })).toMatchObject({
      environment: 'practice',
    });
  });

  it('is not misled by the exporter that a rule reads from', () => {
    const alert = alertOf(
      {
        alertname: 'X',
        namespace: 'market',
        deployment: 'pricing',
        service: 'kube-state-metrics',
        job: 'kube-state-metrics',
      },
      at,
    );
    expect(triaged([alert]).service).toBe('pricing');
    const own = alertOf({ alertname: 'X', namespace: 'market', service: 'pricing', job: 'pricing' }, at);
    expect(triaged([own]).service).toBe('pricing');
  });

  /** What a Prometheus operator puts on every series of kube-state-metrics. */
  const exporter = {
    ...{ job: 'kube-state-metrics', container: 'kube-state-metrics', endpoint: 'http' },
    ...{ service: 'monitoring-kube-state-metrics', instance: '10.4.0.9:8080' },
    pod: 'monitoring-kube-state-metrics-5d9c7b8f54-x2x2x',
  };

  it.each([
    ['a workload', { namespace: 'market', deployment: 'pricing' }, 'Deployment', 'pricing'],
    [
      'exported labels',
      {
        ...{ namespace: 'monitoring', exported_namespace: 'market' },
        exported_pod: 'pricing-6d9c7b8f54-b4n8x',
      },
      'Pod',
      'pricing-6d9c7b8f54-b4n8x',
    ],
    [
      "a workload, and the exporter's namespace",
      { namespace: 'monitoring', exported_namespace: 'market', deployment: 'pricing' },
      'Deployment',
      'pricing',
    ],
  ])('reads %s from an alert of an exporter, and not the exporter itself', (_what, labels, kind, name) => {
    expect(triaged([alertOf({ alertname: 'X', ...exporter, ...labels }, at)])).toMatchObject({
      namespace: 'market',
      service: 'pricing',
      object: { kind, namespace: 'market', name },
    });
  });

  it('reads a node from an alert of an exporter, which is in no namespace', () => {
    const seen = triaged([alertOf({ alertname: 'X', ...exporter, namespace: 'monitoring', node: 'n1' }, at)]);
    expect(seen.object).toEqual({ cluster: 'blue', kind: 'Node', name: 'n1' });
    expect(seen.namespace).toBeUndefined();
    expect(seen.service).toBeUndefined();
  });

  /** What kube-prometheus-stack puts on the series of its exporters. */
  const stack = {
    ...{ job: 'kube-state-metrics', service: 'kps-kube-state-metrics', instance: '10.4.0.9:8080' },
    ...{ pod: 'kps-kube-state-metrics-5d9c7b8f54-x2x2x', endpoint: 'http' },
  };

  it('knows the exporters of a chart by the ends of their names', () => {
    const crashing = { ...stack, namespace: 'market', pod: 'pricing-6d9c7b8f54-b4n8x', container: 'app' };
    expect(triaged([alertOf({ alertname: 'X', ...crashing }, at)])).toMatchObject({
      title: 'X on pricing',
      service: 'pricing',
      object: { kind: 'Pod', name: 'pricing-6d9c7b8f54-b4n8x' },
    });
    const node = triaged([alertOf({ alertname: 'X', ...stack, namespace: 'monitoring', node: 'n1' }, at)]);
    expect(node).toMatchObject({ object: { kind: 'Node', name: 'n1' } });
    expect(node.service).toBeUndefined();
  });

  it.each([
    [{ nodename: 'n2' }, 'n2'],
    [{}, '10.4.0.7'],
  ])('reads the host from an alert of an exporter that runs on it (%j)', (more, name) => {
    const place = { namespace: 'monitoring', pod: 'kps-node-exporter-x2x2x', container: 'node-exporter' };
    const labels = { job: 'node-exporter', service: 'kps-prometheus-node-exporter', ...place, ...more };
    const seen = triaged([alertOf({ alertname: 'X', instance: '10.4.0.7:9100', ...labels }, at)]);
    expect(seen).toMatchObject({ object: { kind: 'Node', name } });
    expect(seen.service).toBeUndefined();
    expect(seen.namespace).toBeUndefined();
  });

  it('asks which cluster is meant where there are several and the alert names none', () => {
    const clusters = ['eu-1', 'us-1'];
    const nameless = { alertname: 'X', namespace: 'market', deployment: 'pricing' };
    const judged = (labels: Record<string, string>, more: Partial<AgentView> = {}) =>
      triage.judge(viewOf(shop.world, 'triage', at, { alerts: [alertOf(labels, at)], clusters, ...more }));
    expect(judged(nameless)).toEqual({ handOver: expect.stringContaining('which cluster is it?') });
    expect(judged({ ...nameless, cluster: 'us-1' })).toMatchObject({ cluster: 'us-1' });
    expect(judged({ ...nameless, k8s_cluster: 'us-1' })).toMatchObject({ cluster: 'us-1' });
    const entry = (cluster: string) => ({ service: 'pricing', cluster, environment: 'staging' });
    expect(judged(nameless, { services: [entry('us-1')] })).toMatchObject({
      cluster: 'us-1',
      environment: 'staging',
    });
    expect(judged(nameless, { services: [entry('eu-1'), entry('us-1')] })).toHaveProperty('handOver');
  });

  it('takes an alert about the exporter itself for what it is', () => {
    const { pod, service } = exporter;
    expect(triaged([alertOf({ alertname: 'X', ...exporter, namespace: 'monitoring' }, at)])).toMatchObject({
      service,
      object: { kind: 'Pod', namespace: 'monitoring', name: pod },
    });
  });

  it('hands over an incident without alerts', () => {
    expect(triage.judge(viewOf(shop.world, 'triage', at, { alerts: [] }))).toEqual({
      handOver: expect.stringContaining('no alert'),
    });
  });
});

describe('isTestAlert', () => {
  it.each(['Watchdog', 'DeadMansSwitch', 'TestAlert', 'test', 'dummy-notification', 'InfoInhibitor'])(
    'knows %s',
    (alertname) => {
      expect(isTestAlert(alertOf({ alertname }, at), false)).toBe(true);
    },
  );

  it('knows one that is marked as such', () => {
    expect(isTestAlert(alertOf({ alertname: 'Arrives', test: 'true' }, at), false)).toBe(true);
    expect(isTestAlert(alertOf({ alertname: 'Arrives', test: 'nightly' }, at), false)).toBe(false);
  });

  it.each(['E2ETestFailed', 'SmokeTestFailed', 'HighLatency', 'ContestServiceDown', 'LatestBackupMissing'])(
    'takes %s seriously',
    (alertname) => {
      expect(isTestAlert(alertOf({ alertname }, at), false)).toBe(false);
    },
  );

  it('takes seriously whatever names an object, and whatever does not say that it is a test', () => {
    expect(isTestAlert(alertOf({ alertname: 'TestAlert' }, at), true)).toBe(false);
    const sent = { ...alertOf({ alertname: 'Something' }, at), generatorUrl: '' };
    expect(isTestAlert(sent, false)).toBe(false);
  });

  it('is asked of every alert of an incident by itself', () => {
    const trial = alertOf({ alertname: 'TestAlert', severity: 'critical' }, at);
    const pod = { alertname: 'TestAlert', namespace: 'market', pod: 'pricing-6d9c7b8f54-b4n8x' };
    expect(triaged([trial]).isTest).toBe(true);
    expect(triaged([trial, alertOf(pod, at)]).isTest).toBe(false);
  });
});

describe('conclude', () => {
  const object = { cluster: 'blue', kind: 'Deployment', namespace: 'market', name: 'pricing' };

  function concluded(more: Partial<AgentView>): Conclusion {
    const alerts = [
      alertOf(
        { alertname: 'HighErrorRatio', service: 'gateway', namespace: 'market' },
        at,
        'many requests fail',
      ),
    ];
    const answer = conclude.judge(
      viewOf(shop.world, 'conclude', '2025-11-21T12:06:30Z', { alerts, ...more }),
    );
    if ('handOver' in answer) throw new Error(answer.handOver);
    return answer;
  }

  it('tells what was done with numbers and times', () => {
    const { outcome, story } = concluded({
      findings: {
        diagnosis: {
          format: 'understudy-diagnosis/1',
          verdict: 'fault',
          summary: 's',
          hypotheses: [
            {
              cause: 'application.bad-release',
              object,
              confidence: 0.82,
              explanation: 'It came with revision 2.',
              evidence: [{ source: 's', ref: 'r', quote: 'q', weight: 1 }],
              against: [],
              chain: [],
            },
          ],
          ruledOut: [],
          gaps: [],
          proposedFix: [],
        },
      },
      tried: [
        {
          planNo: 1,
          cause: 'application.bad-release',
          object,
          action: 'rollout-undo',
          arguments: {},
          result: { planNo: 1, outcome: 'verified', detail: 'back in range.' },
        },
      ],
    });
    expect(outcome).toBe('mended');
    expect(story).toBe(
      'HighErrorRatio fired at 12:00:00 UTC on 2025-11-21: many requests fail. ' +
        'The cause was found in Deployment market/pricing (application.bad-release, 82 % sure). It came with revision 2. ' +
        'rollout-undo on Deployment market/pricing was taken and it helped: back in range. ' +
        'It is mended and was checked, 7 minutes after the alert.',
    );
  });

  it('believes the workflow about the outcome', () => {
    const base = viewOf(shop.world, 'conclude', at);
    expect(concluded({ incident: { ...base.incident, outcome: 'handed-over' } })).toMatchObject({
      outcome: 'handed-over',
      story: expect.stringContaining('handed over to a person'),
    });
  });
});
