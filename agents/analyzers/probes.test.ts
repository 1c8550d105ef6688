import { describe, expect, it } from 'vitest';
import { deployment, findingsWith, pod, told } from '../testing/cluster.ts';

const ports = [{ containerPort: 8080 }];
const restarting = {
  conditions: [{ type: 'Ready', status: 'True' }],
  containerStatuses: [
    {
      name: 'app',
      ready: true,
      restartCount: 3,
      state: { running: { startedAt: '2026-03-04T11:59:30Z' } },
      lastState: {
        terminated: {
          exitCode: 137,
          reason: 'Error',
          startedAt: '2026-03-04T11:58:30Z',
          finishedAt: '2026-03-04T11:59:29Z',
        },
      },
    },
  ],
};

function found(livenessProbe: object, message: string, readinessProbe?: object) {
  const container = { ports, livenessProbe, ...(readinessProbe === undefined ? {} : { readinessProbe }) };
  const events = [
    { name: 'shop-5d8f9c7b6d-x', reason: 'Unhealthy', message: `Liveness probe failed: ${message}` },
    {
      name: 'shop-5d8f9c7b6d-x',
      type: 'Normal',
      reason: 'Killing',
      message: 'Container app failed liveness probe, will be restarted',
    },
  ];
  const own = pod('shop-5d8f9c7b6d-x', 'shop', {
    spec: { containers: [{ name: 'app', image: 'reg.example/shop:1', ...container }] },
    status: restarting,
  });
  return findingsWith([deployment('shop', container), own], { events });
}

const place = '/spec/template/spec/containers/0/livenessProbe';
const http = (port: number, path = '/healthz') => ({ httpGet: { port, path } });

describe('liveness probes that fail although the pod is ready', () => {
  it('ask at a port at which nobody listens, and are put right', () => {
    const all = found(
      http(9999),
      'Get "http://10.1.0.4:9999/healthz": dial tcp 10.1.0.4:9999: connect: connection refused',
      http(8080),
    );
    expect(told(all)).toEqual(['error probe.liveness-port Deployment/shop']);
    expect(all[0]?.fixHint?.steps?.[0]?.arguments).toEqual({
      operations: [{ op: 'replace', path: `${place}/httpGet/port`, value: 8080 }],
    });
  });

  it('speak another protocol than the readiness probe, which is met', () => {
    const all = found(
      http(8080),
      'Get "http://10.1.0.4:8080/healthz": malformed HTTP response "\\x00\\x00"',
      { grpc: { port: 8080 } },
    );
    expect(told(all)).toEqual(['error probe.liveness-protocol Deployment/shop']);
    expect(all[0]?.fixHint?.steps?.[0]?.arguments).toEqual({
      operations: [
        { op: 'remove', path: `${place}/httpGet` },
        { op: 'add', path: `${place}/grpc`, value: { port: 8080 } },
      ],
    });
  });

  it('ask for a page that is not there', () => {
    const all = found(http(8080, '/helthz'), 'HTTP probe failed with statuscode: 404', http(8080));
    expect(told(all)).toEqual(['error probe.liveness-path Deployment/shop']);
    expect(JSON.stringify(all[0]?.fixHint)).toContain('"/healthz"');
  });

  it('wait hardly at all', () => {
    const all = found(
      { ...http(8080), timeoutSeconds: 1 },
      'Get "http://10.1.0.4:8080/healthz": context deadline exceeded',
      http(8080),
    );
    expect(told(all)).toEqual(['error probe.liveness-timing Deployment/shop']);
    expect(all[0]?.fixHint?.steps?.[0]?.arguments).toEqual({
      operations: [{ op: 'replace', path: `${place}/timeoutSeconds`, value: 5 }],
    });
  });

  it('propose nothing in place where nothing is known to work', () => {
    const [one] = found(
      http(8080),
      'Get "http://10.1.0.4:8080/healthz": malformed HTTP response "\\x00\\x00"',
    );
    expect(one?.code).toBe('probe.liveness-protocol');
    expect(one?.fixHint?.steps ?? []).toEqual([]);
  });

  it('that failed once in passing are no fault', () => {
    const events = [
      { name: 'shop-5d8f9c7b6d-x', reason: 'Unhealthy', message: 'Liveness probe failed: timeout' },
    ];
    const own = pod('shop-5d8f9c7b6d-x', 'shop', {
      spec: { containers: [{ name: 'app', ports, livenessProbe: http(8080) }] },
    });
    expect(
      told(findingsWith([deployment('shop', { ports, livenessProbe: http(8080) }), own], { events })),
    ).toEqual([]);
  });
});
