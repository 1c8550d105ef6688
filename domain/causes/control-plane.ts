import { defineCauses } from './define-causes.ts';

export const controlPlaneCauses = defineCauses('control-plane', {
  'api-server-down': {
    title: { en: 'The API server does not answer', zh: 'API Server 不可用' },
    kinds: ['Host', 'Pod', 'Node'],
    proves: [
      'connections to the API server are refused or time out; target apiserver down; /readyz fails',
      'leases stop everywhere at the same time, workloads go on serving',
    ],
    excludes: ['/readyz answers ok: then a single client or network path is at fault'],
    fixes: ['restart-unit', 'delete-pod'],
  },
  'controller-manager-down': {
    title: { en: 'The controller manager does not run', zh: 'kube-controller-manager 不可用' },
    kinds: ['Host', 'Pod', 'Node'],
    proves: [
      'Deployment .metadata.generation ahead of observedGeneration for every change; no new ReplicaSets, EndpointSlices or service accounts',
      'lease kube-system/kube-controller-manager is not renewed; its pod, unit or target down',
    ],
    excludes: ['other Deployments are reconciled meanwhile', 'the workload is paused'],
    fixes: ['restart-unit', 'delete-pod'],
  },
  'datastore-down': {
    title: { en: 'The data store of the control plane (etcd) is not well', zh: 'etcd 不可用' },
    kinds: ['Host', 'Pod', 'Node'],
    proves: [
      '"etcdserver: request timed out", "etcdserver: no leader", "mvcc: database space exceeded" from the API server',
      'etcd_server_has_leader 0; etcd_disk_wal_fsync_duration_seconds P99 above 0.5 s; /readyz fails on etcd',
    ],
    excludes: ['the check etcd of /readyz is ok'],
    fixes: ['restart-unit', 'delete-pod'],
  },
  'api-throttled': {
    title: { en: 'Requests to the API server are throttled', zh: 'API Server 限流' },
    kinds: ['FlowSchema', 'PriorityLevelConfiguration', 'Deployment'],
    proves: [
      '429 from the API server; apiserver_flowcontrol_rejected_requests_total rises',
      '"Waited for …s due to client-side throttling" in a controller\'s log',
      'one client makes most of the requests',
    ],
    excludes: ['no 429 and inflight requests below the limit'],
    fixes: ['patch', 'scale', 'rollout-undo'],
  },
  other: {
    title: { en: 'The control plane is not well', zh: '其他控制面问题' },
    kinds: ['Host', 'Pod', 'Node'],
    proves: [
      'the API server answers with 5xx or slowly, or certificates of the control plane expire, and no finer cause',
    ],
    excludes: ['requests are answered in time and without errors'],
    fixes: ['restart-unit'],
  },
});
