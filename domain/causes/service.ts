import { defineCauses, workloadKinds } from './define-causes.ts';

export const serviceCauses = defineCauses('service', {
  'selector-mismatch': {
    title: { en: 'The selector of the Service matches no pods', zh: 'Service 选择器不匹配' },
    kinds: ['Service', ...workloadKinds],
    proves: [
      'the EndpointSlices of the Service are empty while pods of the workload are Ready',
      "a pair of .spec.selector is in no pod's labels of the namespace; another pair matches",
      'callers log "connection refused" at the ClusterIP or "no healthy upstream"; no pod restarted',
    ],
    excludes: [
      'the EndpointSlices hold ready addresses',
      'matching pods exist and are not ready',
      'the Service has no selector',
    ],
    fixes: ['patch'],
  },
  'target-port-mismatch': {
    title: { en: 'The target port of the Service is not served by the pods', zh: 'Service targetPort 错误' },
    kinds: ['Service', ...workloadKinds],
    proves: [
      'endpoints are ready, connections to the Service are refused, and to the container port they work',
      '.spec.ports[].targetPort is no containerPort (or a name that no container declares)',
    ],
    excludes: ['the pods listen on the target port', 'endpoints are empty'],
    fixes: ['patch'],
  },
  'port-mismatch': {
    title: { en: 'Callers use a port that the Service does not have', zh: 'Service 端口不匹配' },
    kinds: ['Service', 'Ingress', ...workloadKinds],
    proves: [
      "the caller's address names a port that is not in .spec.ports[].port",
      'the Service changed its port, or an Ingress names another one',
    ],
    excludes: [
      'the port stands in the Service',
      'only one caller has the wrong port: its configuration is the cause',
    ],
    fixes: ['patch'],
  },
  'protocol-mismatch': {
    title: { en: 'The Service speaks another protocol than its pods', zh: 'Service 协议不匹配' },
    kinds: ['Service', ...workloadKinds],
    proves: [
      '.spec.ports[].protocol UDP for a TCP server or the reverse',
      'appProtocol or the port name (http-, grpc-) makes a proxy or mesh speak the wrong protocol: "protocol error", 503 with response flag UPE',
    ],
    excludes: ['plain connections to the pod address with the same protocol fail too'],
    fixes: ['patch'],
  },
  'no-ready-endpoints': {
    title: { en: 'The Service has no ready endpoints', zh: 'Service 没有就绪的后端' },
    kinds: ['Service', ...workloadKinds],
    proves: ['EndpointSlices hold addresses, all with ready: false; the selector matches pods'],
    excludes: ['why the pods are not ready is known: that is the cause', 'the selector matches nothing'],
    fixes: ['rollout-undo', 'rollout-restart', 'scale'],
  },
  missing: {
    title: { en: 'The Service does not exist', zh: 'Service 不存在' },
    kinds: ['Service'],
    proves: [
      '"no such host" for NAME.NAMESPACE.svc while other names resolve, and no Service of that name',
      'the Service was deleted (audit log, change) before the first failure',
    ],
    excludes: [
      'a Service of that name is in the namespace',
      "the caller's name is a typing error: its configuration is the cause",
    ],
    fixes: ['create', 'apply'],
  },
  'sidecar-port-conflict': {
    title: { en: 'A sidecar takes the port of the program', zh: 'Sidecar 端口冲突' },
    kinds: [...workloadKinds],
    proves: [
      'two containers of the pod declare or bind the same port; one logs "address already in use"',
      'the Service reaches the sidecar in place of the program',
    ],
    excludes: ['each port of the pod has one listener'],
    fixes: ['patch', 'rollout-undo'],
  },
  'wrong-address': {
    title: { en: 'The Service points to wrong addresses', zh: 'Service 指向错误的地址' },
    kinds: ['Service', 'EndpointSlice', 'Endpoints'],
    proves: [
      'a Service without selector whose Endpoints hold addresses that nobody answers at',
      'externalName that does not resolve, or resolves to the wrong host',
    ],
    excludes: ['the endpoints are kept by the controller from a selector'],
    fixes: ['patch', 'apply'],
  },
  other: {
    title: { en: 'The Service does not carry traffic', zh: '其他 Service 问题' },
    kinds: ['Service'],
    proves: [
      'calls through the Service fail while calls to the pods work, and no finer cause: internalTrafficPolicy Local without local pods, session affinity, stale proxy rules',
    ],
    excludes: ['calls to the pod addresses fail alike'],
    fixes: ['patch'],
  },
});
