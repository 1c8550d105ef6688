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
      expect(isTestAlert(alertOf({ alertname, service: 'x' }, at), true)).toBe(true);
    },
  );

  it.each(['E2ETestFailed', 'SmokeTestFailed', 'HighLatency', 'ContestServiceDown', 'LatestBackupMissing'])(
    'takes %s seriously',
    (alertname) => {
      expect(isTestAlert(alertOf({ alertname }, at), true)).toBe(false);
    },
  );

  it('needs a target or a rule', () => {
    const sent = { ...alertOf({ alertname: 'Something' }, at), generatorUrl: '' };
    expect(isTestAlert(sent, false)).toBe(true);
    expect(isTestAlert(sent, true)).toBe(false);
    expect(isTestAlert({ ...sent, generatorUrl: 'http://p/graph' }, false)).toBe(false);
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
