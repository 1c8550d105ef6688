import { defineCauses } from './define-causes.ts';

const carriers = ['Service', 'CloudResource', 'Deployment'] as const;

export const dependencyCauses = defineCauses('dependency', {
  'external-down': {
    title: { en: 'A service that is not ours is down', zh: '外部依赖不可用' },
    kinds: [...carriers],
    proves: [
      'calls to a host outside fail with refusals, timeouts or 5xx from all our callers, and from a probe',
      "the provider's status page says so",
    ],
    excludes: ['calls from elsewhere work: our network, DNS or proxy', 'it answers 401, 403 or 429'],
    fixes: ['patch'],
  },
  'external-slow': {
    title: { en: 'A service that is not ours is slow', zh: '外部依赖响应慢' },
    kinds: [...carriers],
    proves: ['client-side latency of the calls to it rose by as much as ours; connect time as before'],
    excludes: ['our own time outside these calls rose', 'all calls out of the cluster slowed down: network'],
    fixes: ['patch'],
  },
  'quota-exceeded': {
    title: { en: 'Our quota at a provider is used up', zh: '外部服务配额超限' },
    kinds: [...carriers],
    proves: ['429 or "quota exceeded", "rate limit" in its answers; our calls rose or the plan ended'],
    excludes: ['the 429 comes from a gateway of ours'],
    fixes: ['scale', 'patch'],
  },
  'credentials-rejected': {
    title: { en: 'A provider rejects our credentials', zh: '外部服务凭据失效' },
    kinds: ['Secret', ...carriers],
    proves: [
      '401 or 403, "invalid api key", "token expired" from the provider; the key was rotated or has run out',
    ],
    excludes: ['the same key works from another client'],
    fixes: ['patch', 'rollout-restart'],
  },
  other: {
    title: { en: 'A service that is not ours does not work', zh: '其他外部依赖问题' },
    kinds: [...carriers],
    proves: ['the trouble is only in calls to something outside, and no finer cause'],
    excludes: ['the trouble exists without these calls'],
    fixes: [],
  },
});
