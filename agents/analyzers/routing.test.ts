import { describe, expect, it } from 'vitest';
import { deployment, findingsWith, object, service, told } from '../testing/cluster.ts';

const web = [deployment('web'), service('web', [{ port: 80, targetPort: 8080 }])];
const kinds = ['ingressclasses', 'secrets', 'services'];
const nginx = object({
  kind: 'IngressClass',
  apiVersion: 'networking.k8s.io/v1',
  name: 'nginx',
  namespace: null,
});

function ingress(spec: object, more: object = {}) {
  return object({
    kind: 'Ingress',
    apiVersion: 'networking.k8s.io/v1',
    name: 'front',
    spec: { ingressClassName: 'nginx', ...spec },
    ...more,
  });
}

function to(name: string, number: number) {
  return {
    rules: [
      {
        host: 'a.example',
        http: { paths: [{ path: '/', backend: { service: { name, port: { number } } } }] },
      },
    ],
  };
}

function found(...objects: ReturnType<typeof object>[]): string[] {
  return told(findingsWith([...web, nginx, ...objects], { read: kinds }));
}

describe('an ingress', () => {
  it('may lead to a Service that is there', () => {
    expect(found(ingress(to('web', 80)))).toEqual([]);
  });

  it('leads to no Service, or to a port that it has not, and is put right', () => {
    expect(found(ingress(to('shop', 80)))).toEqual(['error routing.ingress-backend-missing Ingress/front']);
    const [wrong] = findingsWith([...web, nginx, ingress(to('web', 8080))], { read: kinds });
    expect(wrong?.fixHint?.steps?.[0]?.arguments).toEqual({
      operations: [
        { op: 'replace', path: '/spec/rules/0/http/paths/0/backend/service/port/number', value: 80 },
      ],
    });
  });

  it('is of a class that is not there, unless a provider serves it', () => {
    expect(found(ingress({ ...to('web', 80), ingressClassName: 'nginks' }))).toEqual([
      'error routing.ingress-class-missing Ingress/front',
    ]);
    expect(found(ingress({ ...to('web', 80), ingressClassName: 'gce' }))).toEqual([]);
    const served = { status: { loadBalancer: { ingress: [{ ip: '203.0.113.9' }] } } };
    expect(found(ingress({ ...to('web', 80), ingressClassName: 'own' }, served))).toEqual([]);
  });

  it('names no class where none is the default, and others are served', () => {
    const bare = (name: string, more: object = {}) =>
      object({
        kind: 'Ingress',
        apiVersion: 'networking.k8s.io/v1',
        name,
        spec: to('web', 80),
        ...more,
      });
    const served = { status: { loadBalancer: { ingress: [{ ip: '203.0.113.9' }] } } };
    const missing = 'routing.ingress-class-missing Ingress/front';
    expect(found(bare('front'))).toEqual([`warning ${missing}`]);
    expect(found(bare('front'), bare('other', served))).toEqual([`error ${missing}`]);
    const [first] = findingsWith([...web, nginx, bare('front')], { read: kinds });
    expect(first?.fixHint?.steps?.[0]?.arguments).toEqual({
      operations: [{ op: 'add', path: '/spec/ingressClassName', value: 'nginx' }],
    });
    const older = { metadata: { annotations: { 'kubernetes.io/ingress.class': 'nginx' } } };
    expect(found(bare('front', older))).toEqual([]);
    const standard = object({
      kind: 'IngressClass',
      apiVersion: 'networking.k8s.io/v1',
      name: 'usual',
      namespace: null,
      metadata: { annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } },
    });
    expect(found(bare('front'), standard)).toEqual([]);
    expect(told(findingsWith([...web, bare('front')], { read: kinds }))).toEqual([]);
  });

  it('takes its certificate from a Secret that holds none', () => {
    const tls = ingress({ ...to('web', 80), tls: [{ secretName: 'cert' }] });
    const secret = (keys: string[]) => object({ kind: 'Secret', apiVersion: 'v1', name: 'cert', keys });
    expect(found(tls, secret(['username', 'password']))).toEqual([
      'error config.secret-key-missing Secret/cert',
    ]);
    expect(found(tls, secret(['tls.crt', 'tls.key']))).toEqual([]);
    expect(found(tls, secret([]))).toEqual([]);
  });

  it('lacks its certificate, which somebody may be fetching', () => {
    const tls = { ...to('web', 80), tls: [{ secretName: 'cert' }] };
    expect(found(ingress(tls))).toEqual(['error routing.tls-secret-missing Ingress/front']);
    const fetched = { metadata: { annotations: { 'cert-manager.io/issuer': 'own' } } };
    expect(found(ingress(tls, fetched))).toEqual(['warning routing.tls-secret-missing Ingress/front']);
    const secret = object({ kind: 'Secret', apiVersion: 'v1', name: 'cert', keys: ['tls.crt', 'tls.key'] });
    expect(found(ingress(tls), secret)).toEqual([]);
  });

  it('is judged in a record that holds its namespace, be there no Service in it', () => {
    const elsewhere = { ...service('other', [{ port: 80 }]), metadata: { name: 'other', namespace: 'bank' } };
    const record = [deployment('web'), ingress(to('shop', 80)), elsewhere];
    expect(told(findingsWith(record, { read: ['services'] }))).toEqual([
      'error routing.ingress-backend-missing Ingress/front',
    ]);
    // An ingress alone may be all that was kept of its namespace.
    expect(told(findingsWith([ingress(to('shop', 80)), elsewhere], { read: ['services'] }))).toEqual([]);
  });

  it('says nothing of what was not read', () => {
    const tls = { ...to('shop', 80), ingressClassName: 'own', tls: [{ secretName: 'cert' }] };
    expect(told(findingsWith([ingress(tls)]))).toEqual([]);
    expect(told(findingsWith([object({ kind: 'Ingress', name: 'bare' })], { read: kinds }))).toEqual([]);
  });
});

const group = 'gateway.networking.k8s.io/v1';
const gatewayKinds = ['gateways', 'gatewayclasses', 'httproutes', 'referencegrants', 'services'];
const own = object({ kind: 'GatewayClass', apiVersion: group, name: 'own', namespace: null });
const gateway = object({
  kind: 'Gateway',
  apiVersion: group,
  name: 'door',
  spec: { gatewayClassName: 'own', listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }] },
});

function route(spec: object, status: object = {}) {
  return object({
    kind: 'HTTPRoute',
    apiVersion: group,
    name: 'way',
    spec: { parentRefs: [{ name: 'door' }], rules: [{ backendRefs: [{ name: 'web', port: 80 }] }], ...spec },
    status,
  });
}

function routed(...objects: ReturnType<typeof object>[]): string[] {
  return told(findingsWith([...web, own, gateway, ...objects], { read: gatewayKinds }));
}

describe('a route', () => {
  it('may lead through a gateway to a Service', () => {
    expect(routed(route({}))).toEqual([]);
  });

  it.each([
    ['a Service that is not there', { rules: [{ backendRefs: [{ name: 'shop', port: 80 }] }] }],
    ['a port that there is not', { rules: [{ backendRefs: [{ name: 'web', port: 81 }] }] }],
    ['a gateway that is not there', { parentRefs: [{ name: 'gate' }] }],
    ['a listener that there is not', { parentRefs: [{ name: 'door', sectionName: 'https' }] }],
  ])('leads to %s', (_what, spec) => {
    expect(routed(route(spec))).toEqual(['error routing.route-misrouted HTTPRoute/way']);
  });

  it('needs a grant to lead into another namespace', () => {
    const there = object({
      kind: 'Service',
      apiVersion: 'v1',
      name: 'ledger',
      namespace: 'bank',
      spec: { type: 'ExternalName', externalName: 'ledger.example', ports: [{ port: 80 }] },
    });
    const away = route({ rules: [{ backendRefs: [{ name: 'ledger', namespace: 'bank', port: 80 }] }] });
    expect(routed(there, away)).toEqual(['error routing.route-misrouted HTTPRoute/way']);
    const grant = object({
      kind: 'ReferenceGrant',
      apiVersion: 'gateway.networking.k8s.io/v1beta1',
      name: 'yes',
      namespace: 'bank',
      spec: { from: [{ kind: 'HTTPRoute', namespace: 'market' }], to: [{ kind: 'Service' }] },
    });
    expect(routed(there, away, grant)).toEqual([]);
  });

  it("was not accepted, in its controller's words; one that waits is no fault", () => {
    const said = (reason: string) => ({
      parents: [
        {
          conditions: [{ type: 'Accepted', status: 'False', reason, message: 'no listener takes its hosts' }],
        },
      ],
    });
    expect(routed(route({}, said('NoMatchingListenerHostname')))).toEqual([
      'error routing.route-misrouted HTTPRoute/way',
    ]);
    expect(routed(route({}, said('Pending')))).toEqual([]);
  });
});

describe('a route of another namespace', () => {
  const away = (allowedRoutes: object | undefined) => [
    object({
      kind: 'Namespace',
      apiVersion: 'v1',
      name: 'market',
      namespace: null,
      metadata: { labels: { team: 'sales' } },
    }),
    object({
      kind: 'Gateway',
      apiVersion: group,
      name: 'door',
      namespace: 'infra',
      spec: { gatewayClassName: 'own', listeners: [{ name: 'http', port: 80, allowedRoutes }] },
    }),
    route({ parentRefs: [{ name: 'door', namespace: 'infra' }] }),
  ];
  const refused = ['error routing.route-misrouted HTTPRoute/way'];
  const selecting = (team: string) => ({
    namespaces: { from: 'Selector', selector: { matchLabels: { team } } },
  });

  it('may hang on a gateway that takes it, and on no other', () => {
    expect(routed(...away({ namespaces: { from: 'All' } }))).toEqual([]);
    expect(routed(...away({ namespaces: { from: 'Same' } }))).toEqual(refused);
    expect(routed(...away(undefined))).toEqual(refused);
    expect(routed(...away(selecting('sales')))).toEqual([]);
    expect(routed(...away(selecting('buyers')))).toEqual(refused);
    // Without the labels of its namespace nobody knows.
    expect(routed(...away(selecting('buyers')).slice(1))).toEqual([]);
  });
});

describe('a gateway that nobody takes up', () => {
  const epoch = '1970-01-01T00:00:00Z';
  const waiting = [
    {
      type: 'Accepted',
      status: 'Unknown',
      reason: 'Pending',
      message: 'Waiting for controller',
      lastTransitionTime: epoch,
    },
  ];
  const lonely = (creationTimestamp: string, kind: 'Gateway' | 'GatewayClass') =>
    object({
      kind,
      apiVersion: group,
      name: 'new',
      ...(kind === 'GatewayClass' ? { namespace: null } : {}),
      metadata: { creationTimestamp },
      spec: kind === 'Gateway' ? { gatewayClassName: 'own' } : { controllerName: 'example.com/own' },
      status: { conditions: waiting },
    });
  const old = '2026-03-04T11:00:00Z';

  it('serves nothing; a class that nobody uses is only waiting', () => {
    expect(routed(lonely(old, 'Gateway'))).toEqual(['error routing.gateway-misrouted Gateway/new']);
    expect(routed(lonely(old, 'GatewayClass'))).toEqual([
      'warning routing.gateway-misrouted GatewayClass/new',
    ]);
  });

  it('may have been made a moment ago', () => {
    expect(routed(lonely('2026-03-04T11:58:00Z', 'Gateway'))).toEqual([]);
  });
});

describe('a gateway', () => {
  it('is of a class that is not there, unless it is served all the same', () => {
    const other = (status: object) =>
      object({
        kind: 'Gateway',
        apiVersion: group,
        name: 'side',
        spec: { gatewayClassName: 'none' },
        status,
      });
    expect(routed(other({}))).toEqual(['error routing.gateway-misrouted Gateway/side']);
    expect(routed(other({ conditions: [{ type: 'Programmed', status: 'True' }] }))).toEqual([]);
  });

  it('of Istio is another kind, and is left alone', () => {
    const istio = object({
      kind: 'Gateway',
      apiVersion: 'networking.istio.io/v1',
      name: 'mesh',
      spec: { gatewayClassName: 'none' },
    });
    expect(routed(istio)).toEqual([]);
  });
});
