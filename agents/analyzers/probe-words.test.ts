import { describe, expect, it } from 'vitest';
import { deployment, findingsWith, pod, told } from '../testing/cluster.ts';

/** Probes that fail, by what is said of them and what their program says itself. */

const name = 'web-5d8f9c7b6d-x';
const http = (port: number | string, more: object = {}) => ({ httpGet: { path: '/', port, ...more } });
const refused = (port: number) =>
  `probe failed: Get "http://10.0.0.3:${port}/": dial tcp 10.0.0.3:${port}: connect: connection refused`;
const hasty = {
  terminated: {
    exitCode: 137,
    reason: 'Error',
    startedAt: '2026-03-04T11:58:00Z',
    finishedAt: '2026-03-04T11:58:30Z',
  },
};

function found(
  kind: string,
  probe: object,
  said: string,
  more: { line?: string; lastState?: object; port?: number } = {},
) {
  const container = { name: 'app', ports: [{ containerPort: more.port ?? 8080 }], [kind]: probe };
  const status = {
    conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: '2026-03-04T11:30:10Z' }],
    containerStatuses: [
      {
        name: 'app',
        ready: false,
        restartCount: more.lastState === undefined ? 0 : 6,
        state: { running: { startedAt: '2026-03-04T11:59:00Z' } },
        ...(more.lastState === undefined ? {} : { lastState: more.lastState }),
      },
    ],
  };
  const killed = {
    name,
    type: 'Normal',
    reason: 'Killing',
    message: 'Container app failed liveness probe, will be restarted',
  };
  const events = [
    { name, reason: 'Unhealthy', message: said, count: 9, firstAt: '2026-03-04T11:50:00Z' },
    ...(more.lastState === undefined ? [] : [killed]),
  ];
  const lines =
    more.line === undefined
      ? []
      : [{ emitter: { namespace: 'market', pod: name, container: 'app' }, message: more.line }];
  return findingsWith(
    [
      deployment('web', container),
      pod(name, 'web', { spec: { nodeName: 'n1', containers: [container] }, status }),
    ],
    { events, lines },
  );
}
const only = (finding: string) => [`error ${finding} Deployment/web`];

describe('a probe', () => {
  it('by a name that no port has, in the words of newer kubelets', () =>
    expect(
      told(
        found(
          'readinessProbe',
          http('htp'),
          'Readiness probe errored: strconv.Atoi: parsing "htp": invalid syntax',
        ),
      ),
    ).toEqual(only('probe.readiness-port')));

  it('whose command is not in the image', () =>
    expect(
      told(
        found(
          'readinessProbe',
          { exec: { command: ['curl'] } },
          'Readiness probe errored: exec: "curl": executable file not found in $PATH',
        ),
      ),
    ).toEqual(only('probe.other')));

  it('in plain HTTP is a bad request to a server of TLS, and to others a wrong path', () => {
    const bad = 'Readiness probe failed: HTTP probe failed with statuscode: 400';
    expect(told(found('readinessProbe', http(8443), bad, { port: 8443 }))).toEqual(
      only('probe.readiness-protocol'),
    );
    const line = 'http: TLS handshake error: client sent an HTTP request to an HTTPS server';
    expect(told(found('readinessProbe', http(8080), bad, { line }))).toEqual(
      only('probe.readiness-protocol'),
    );
    expect(told(found('readinessProbe', http(8080), bad))).toEqual(only('probe.readiness-path'));
  });

  it('asks where the program does not listen, by its own word', () => {
    const [wrong] = found('readinessProbe', http(8080), `Readiness ${refused(8080)}`, {
      line: 'server started, listening on port 3000',
    });
    expect(wrong).toMatchObject({ code: 'probe.readiness-port', severity: 'error' });
    expect(wrong?.fixHint?.steps?.[0]?.arguments).toMatchObject({ operations: [{ value: 3000 }] });
    expect(
      told(found('readinessProbe', http(8080), `Readiness ${refused(8080)}`, { line: 'listening on :8080' })),
    ).toEqual([]);
    expect(
      told(
        found('readinessProbe', http(8080), `Readiness ${refused(8080)}`, {
          line: 'metrics server listening on :9090',
        }),
      ),
    ).toEqual([]);
  });

  it('does not get through to a program that listens for itself alone', () =>
    expect(
      told(
        found('readinessProbe', http(8080), `Readiness ${refused(8080)}`, {
          line: 'Listening on http://127.0.0.1:8080',
        }),
      ),
    ).toEqual(only('config.value-invalid')));

  it('that ends a program before it can have started is too hasty', () => {
    const short = { ...http(8080), failureThreshold: 1, periodSeconds: 5 };
    expect(told(found('livenessProbe', short, `Liveness ${refused(8080)}`, { lastState: hasty }))).toEqual(
      only('probe.liveness-timing'),
    );
    const patient = { ...http(8080), initialDelaySeconds: 120 };
    expect(told(found('livenessProbe', patient, `Liveness ${refused(8080)}`, { lastState: hasty }))).toEqual(
      [],
    );
    const line = 'FATAL: password authentication failed for user "app"';
    expect(
      told(found('livenessProbe', short, `Liveness ${refused(8080)}`, { lastState: hasty, line })),
    ).toEqual([]);
  });
});
