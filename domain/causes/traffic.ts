import { defineCauses } from './define-causes.ts';

const carriers = ['Service', 'Deployment', 'Ingress', 'HorizontalPodAutoscaler'] as const;

export const trafficCauses = defineCauses('traffic', {
  surge: {
    title: { en: 'A surge of traffic', zh: '流量突增' },
    kinds: [...carriers],
    proves: [
      'requests at the edge rise first, several times the same hour of other days; latency, CPU and errors follow',
      'many clients and ordinary paths: a campaign, a batch job, a crawler',
    ],
    excludes: ['requests at the edge as before: retries inside', 'latency rose before the traffic'],
    fixes: ['scale', 'patch'],
  },
  drop: {
    title: { en: 'Traffic has dropped', zh: '流量骤降' },
    kinds: [...carriers, 'CloudResource'],
    proves: [
      'requests at the edge fall by more than half against the same hour, the services behind are well',
      'something in front fails: DNS, certificate, CDN, load balancer, a client release',
    ],
    excludes: [
      'the service answers with errors or is down',
      'metrics stopped: the target is down',
      'a holiday or the night',
    ],
    fixes: ['patch'],
  },
  attack: {
    title: { en: 'Hostile traffic', zh: '恶意流量或攻击' },
    kinds: ['Ingress', 'Service', 'CloudResource', 'NetworkPolicy'],
    proves: [
      'few sources or one user agent make most requests; scanned paths, login attempts, SYN flood; many 4xx',
    ],
    excludes: ['sources and paths are spread as usual'],
    fixes: ['patch', 'scale'],
  },
  other: {
    title: { en: 'The traffic is unusual', zh: '其他流量问题' },
    kinds: [...carriers],
    proves: ['mix, size or order of requests changed and the trouble follows it, and no finer cause'],
    excludes: ['the traffic is as before'],
    fixes: ['scale'],
  },
});
