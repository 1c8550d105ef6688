import { defineCauses } from './define-causes.ts';

export const routingCauses = defineCauses('routing', {
  'ingress-backend-missing': {
    title: { en: 'An Ingress points to a Service or port that does not exist', zh: 'Ingress 后端不存在' },
    kinds: ['Ingress', 'Service'],
    proves: [
      '.spec.rules[].http.paths[].backend.service names no Service, or a port that it does not have',
      '503 or 404 from the ingress controller for that path; its log: "service … does not exist" or "no active Endpoint"',
    ],
    excludes: ['the Service exists with that port and has ready endpoints'],
    fixes: ['patch', 'create'],
  },
  'ingress-class-missing': {
    title: { en: 'No controller serves the class of the Ingress', zh: 'IngressClass 不存在' },
    kinds: ['Ingress', 'IngressClass'],
    proves: [
      'ingressClassName names no IngressClass, or none is given and there is no default',
      '.status.loadBalancer stays empty; no Sync event from a controller',
    ],
    excludes: ['the controller has synced the Ingress'],
    fixes: ['patch', 'create'],
  },
  'tls-secret-missing': {
    title: { en: 'The TLS secret of the route does not exist', zh: 'TLS 证书 Secret 缺失' },
    kinds: ['Secret', 'Ingress', 'Gateway'],
    proves: [
      '.spec.tls[].secretName names no Secret of type kubernetes.io/tls; the controller serves its own fake certificate',
      'Gateway listener condition ResolvedRefs=False: InvalidCertificateRef',
    ],
    excludes: ['the Secret exists with tls.crt and tls.key', 'the certificate is served and has expired'],
    fixes: ['create', 'patch'],
  },
  'gateway-misrouted': {
    title: { en: 'The gateway does not take the traffic', zh: '网关配置错误' },
    kinds: ['Gateway', 'VirtualService', 'HTTPRoute'],
    proves: [
      'Gateway condition Programmed=False or Accepted=False; no listener for host or port',
      'the selector of an Istio Gateway matches no gateway pod; 404 with response flag NR',
    ],
    excludes: ['the listener is programmed and routes are attached'],
    fixes: ['patch', 'apply'],
  },
  'route-misrouted': {
    title: { en: 'A route sends requests to the wrong place', zh: '路由规则错误' },
    kinds: ['HTTPRoute', 'VirtualService', 'Ingress', 'DestinationRule'],
    proves: [
      'match, rewrite or weight of the route changed before the first bad answer; requests arrive at another service or version',
      'subset that no pod matches: 503 with response flag NC or UH',
      'HTTPRoute condition ResolvedRefs=False: BackendNotFound',
    ],
    excludes: ['requests arrive at the right pods and fail there'],
    fixes: ['patch', 'apply'],
  },
  'mesh-policy': {
    title: { en: 'A mesh policy refuses or breaks the calls', zh: '服务网格策略拦截' },
    kinds: ['AuthorizationPolicy', 'PeerAuthentication', 'DestinationRule', 'EnvoyFilter', 'VirtualService'],
    proves: [
      '"RBAC: access denied" with 403 from the proxy',
      'mTLS STRICT with callers outside the mesh: "connection reset by peer", "upstream connect error … TLS error"',
      'fault injection, outlier ejection (flag UO) or retries of a rule that match the errors',
    ],
    excludes: ['calls without the proxy fail alike', 'no policy selects the workload'],
    fixes: ['patch', 'apply'],
  },
  other: {
    title: { en: 'Requests are not routed as they should be', zh: '其他路由问题' },
    kinds: ['Ingress', 'Gateway', 'HTTPRoute', 'VirtualService'],
    proves: [
      'the edge answers with errors of its own (404, 502, 503, 504) while the service is well from inside',
    ],
    excludes: ['the service fails from inside too'],
    fixes: ['patch'],
  },
});
