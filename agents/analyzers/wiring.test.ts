import { describe, expect, it } from 'vitest';
import { deployment, findingsWith, object, pod, service, told } from '../testing/cluster.ts';

const cache = [deployment('cache'), service('cache', [{ port: 6379, targetPort: 6379 }])];
const calls = (value: string, name = 'CACHE_ADDR') => deployment('shop', { env: [{ name, value }] });

describe('addresses in an environment', () => {
  it.each([
    'cache:6379',
    'redis://:pw@cache:6379/0',
    'cache.market.svc.cluster.local:6379',
    'api.example.com:443',
    '10.1.2.3:6379',
    'localhost:8080',
  ])('may be %s', (value) => {
    expect(told(findingsWith([...cache, calls(value)]))).toEqual([]);
  });

  it('lead to a port that the Service has not, and are put right', () => {
    const [found] = findingsWith([...cache, calls('redis://cache:6380/0')]);
    expect(found).toMatchObject({
      code: 'config.port-wrong',
      severity: 'error',
      object: { kind: 'Deployment', name: 'shop' },
      fixHint: {
        steps: [
          {
            action: 'patch',
            arguments: {
              operations: [
                {
                  op: 'replace',
                  path: '/spec/template/spec/containers/0/env/0/value',
                  value: 'redis://cache:6379/0',
                },
              ],
            },
          },
        ],
      },
    });
  });

  it('are right where all callers agree: then it is the Service that is not', () => {
    const others = ['a', 'b'].map((name) =>
      deployment(name, { env: [{ name: 'CACHE_ADDR', value: 'cache:6380' }] }),
    );
    const found = findingsWith([...cache, ...others]);
    expect(told(found)).toEqual(['error service.port-mismatch Service/cache']);
    expect(found[0]?.fixHint?.steps?.[0]?.arguments).toEqual({
      operations: [{ op: 'replace', path: '/spec/ports/0/port', value: 6380 }],
    });
  });

  it('are misspelt by a letter', () => {
    const [found] = findingsWith([
      deployment('catalogue'),
      service('catalogue', [{ port: 80 }]),
      calls('http://catalouge:80', 'CATALOGUE_URL'),
    ]);
    expect(found).toMatchObject({ code: 'config.address-wrong', severity: 'error' });
    expect(JSON.stringify(found?.fixHint)).toContain('http://catalogue:80');
  });

  it('lead to nothing: which is told only where somebody complains', () => {
    const objects = [...cache, calls('http://helper:80', 'HELPER_URL')];
    expect(told(findingsWith(objects))).toEqual([]);
    const lines = [{ message: 'dial tcp: lookup helper on 10.0.0.10:53: no such host' }];
    expect(told(findingsWith(objects, { lines }))).toEqual(['error config.address-wrong Deployment/shop']);
  });

  it('lead to a workload that has no Service', () => {
    const found = findingsWith([...cache, deployment('bank'), calls('bank:7000', 'BANK_ADDR')]);
    expect(told(found)).toEqual(['error service.missing Service/bank']);
  });

  it('find no Service because the quota for Services is used up', () => {
    const full = object({
      kind: 'ResourceQuota',
      apiVersion: 'v1',
      name: 'few',
      status: { hard: { services: '1' }, used: { services: '1' } },
    });
    const found = findingsWith([...cache, deployment('bank'), calls('bank:7000', 'BANK_ADDR'), full]);
    expect(told(found)).toEqual(['error admission.quota-services ResourceQuota/few']);
  });

  it('say nothing where Services were not read, or not those of that namespace', () => {
    expect(told(findingsWith([calls('cache:6380')]))).toEqual([]);
    expect(told(findingsWith([...cache, calls('cache.elsewhere.svc:6380')]))).toEqual([]);
  });

  it('may ask a headless Service at any port of its pods', () => {
    const headless = service('cache', [{ port: 6379 }], { clusterIP: 'None' });
    expect(told(findingsWith([deployment('cache'), headless, calls('cache:7000')]))).toEqual([]);
  });
});

describe('ports of a Service', () => {
  const web = (ports: readonly object[], extra: object = {}) => deployment('web', { ports, ...extra });
  const ready = pod('web-5d8f9c7b6d-x', 'web');

  it('lead to a port that is declared otherwise, which nobody sends to: that may be as it is meant', () => {
    const found = findingsWith([
      web([{ containerPort: 8080 }]),
      service('web', [{ port: 80, targetPort: 8081 }]),
    ]);
    expect(told(found)).toEqual(['warning service.target-port-mismatch Service/web']);
  });

  it('may lead to a port that only a probe knows, or that nobody declared', () => {
    const probed = web([{ containerPort: 9090 }], {
      readinessProbe: { httpGet: { port: 8081 } },
    });
    expect(told(findingsWith([probed, service('web', [{ port: 80, targetPort: 8081 }])]))).toEqual([]);
    expect(told(findingsWith([web([]), service('web', [{ port: 80, targetPort: 8081 }])]))).toEqual([]);
    const side = web([{ name: 'metrics', containerPort: 9090 }]);
    expect(told(findingsWith([side, service('web', [{ port: 80, targetPort: 8081 }])]))).toEqual([]);
  });

  it('are surely wrong where nobody gets through to pods that are ready', () => {
    const side = web([{ name: 'metrics', containerPort: 9090 }]);
    const probes = [
      {
        kind: 'tcp',
        to: { namespace: 'market', service: 'web', port: 80 },
        ok: false,
        detail: 'connection failed',
      },
    ];
    const objects = [side, ready, service('web', [{ port: 80, targetPort: 8081 }])];
    expect(told(findingsWith(objects, { probes }))).toEqual([
      'error service.target-port-mismatch Service/web',
    ]);
  });

  it('speak another protocol, which a probe shows; what is declared alone may be as it is meant', () => {
    const udp = service('web', [{ port: 80, targetPort: 8080, protocol: 'UDP' }]);
    const tcp = [{ containerPort: 8080, protocol: 'TCP' }];
    const wrong = 'service.protocol-mismatch Service/web';
    expect(told(findingsWith([web(tcp), udp]))).toEqual([`warning ${wrong}`]);
    const probed = web(tcp, { livenessProbe: { tcpSocket: { port: 8080 } } });
    expect(told(findingsWith([probed, udp]))).toEqual([`error ${wrong}`]);
  });

  it('are named as no container has it', () => {
    const found = findingsWith([
      web([{ name: 'http', containerPort: 8080 }]),
      service('web', [{ port: 80, targetPort: 'web' }]),
    ]);
    expect(told(found)).toEqual(['error service.target-port-mismatch Service/web']);
  });
});

describe('containers of one pod', () => {
  it('want the same port', () => {
    const two = deployment(
      'web',
      {},
      {
        spec: {
          template: {
            metadata: { labels: { app: 'web' } },
            spec: {
              containers: [
                { name: 'app', ports: [{ containerPort: 8080 }] },
                { name: 'proxy', ports: [{ containerPort: 8080 }] },
              ],
            },
          },
        },
      },
    );
    expect(told(findingsWith([two]))).toEqual(['warning container.port-in-use Deployment/web']);
  });
});
