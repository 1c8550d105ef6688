import { defineCauses } from './define-causes.ts';

export const cloudCauses = defineCauses('cloud', {
  'instance-lost': {
    title: { en: 'An instance was lost', zh: '云主机丢失或宕机' },
    kinds: ['CloudResource', 'Node'],
    proves: [
      'instance state stopped, terminated or impaired; status check failed; spot or preemptible reclaim; scheduled maintenance event',
    ],
    excludes: ['the instance runs and its checks pass'],
    fixes: ['drain', 'cordon'],
  },
  'zone-outage': {
    title: { en: 'A zone of the provider is down', zh: '可用区故障' },
    kinds: ['CloudResource'],
    proves: ['instances, volumes or load balancers of one zone fail together; the provider reports the zone'],
    excludes: ['parts in the same zone are well'],
    fixes: ['cordon', 'drain', 'scale'],
  },
  throttled: {
    title: { en: 'The provider throttles us', zh: '云 API 或云资源限流' },
    kinds: ['CloudResource', 'Deployment'],
    proves: [
      '"ThrottlingException", "RequestLimitExceeded", "Rate exceeded"; burst credits of volume or instance used up; consumed capacity above provisioned',
    ],
    excludes: ['no throttled requests in its metrics'],
    fixes: ['scale', 'patch'],
  },
  'permission-denied': {
    title: { en: 'The provider denies a permission', zh: '云账号权限不足' },
    kinds: ['CloudResource', 'ServiceAccount'],
    proves: [
      '"AccessDenied", "UnauthorizedOperation", "is not authorized to perform", Forbidden.RAM; a role or policy changed',
    ],
    excludes: ['the same principal may do it elsewhere or by hand'],
    fixes: ['patch'],
  },
  'quota-exceeded': {
    title: { en: 'A quota of the cloud account is used up', zh: '云资源配额超限' },
    kinds: ['CloudResource'],
    proves: [
      '"LimitExceeded", "QuotaExceeded", "InsufficientInstanceCapacity", "VcpuLimitExceeded" when something is created',
    ],
    excludes: ['the request was accepted'],
    fixes: ['scale'],
  },
  'load-balancer-unhealthy': {
    title: { en: 'The load balancer has no healthy targets', zh: '负载均衡后端不健康' },
    kinds: ['CloudResource', 'Service', 'Ingress'],
    proves: [
      'healthy targets 0 or falling; 502, 503 or 504 from the load balancer while the pods are ready',
      'health check path, port or security group does not fit',
    ],
    excludes: ['the targets themselves fail from inside'],
    fixes: ['patch'],
  },
  other: {
    title: { en: "The cloud provider's resources do not work", zh: '其他云平台问题' },
    kinds: ['CloudResource'],
    proves: [
      "an event, alarm or state of the provider's resource at the time of the trouble, and no finer cause",
    ],
    excludes: ['all resources that are used are in order'],
    fixes: [],
  },
});
