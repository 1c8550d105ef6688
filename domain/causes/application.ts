import { defineCauses, workloadKinds } from './define-causes.ts';

const carriers = [...workloadKinds, 'Service'] as const;

export const applicationCauses = defineCauses('application', {
  exception: {
    title: { en: 'The program throws errors', zh: '应用异常报错' },
    kinds: [...carriers],
    proves: [
      'a new log pattern with a stack trace of its own code, at the rate of the failed requests',
      'errors rise in this service first; its callees are well',
    ],
    excludes: [
      'the exception tells of a failed call to another service',
      'the pattern is as frequent in the quiet window',
    ],
    fixes: ['rollout-undo', 'rollout-restart', 'set-image'],
  },
  'wrong-response': {
    title: { en: 'The program answers wrongly', zh: '应用返回错误结果' },
    kinds: [...carriers],
    proves: [
      'callers complain of the content (parse or validation errors, unexpected 4xx) while the service itself reports success',
      'it began with a revision of the service',
    ],
    excludes: ['callers changed at that time, the service did not'],
    fixes: ['rollout-undo', 'set-image'],
  },
  latency: {
    title: { en: 'The program itself is slow', zh: '应用自身变慢' },
    kinds: [...carriers],
    proves: [
      "the service's own latency rises, its calls to others do not; spans show the time inside it",
      'no CPU throttling, no traffic surge',
    ],
    excludes: [
      'a callee slowed down first and by as much',
      'CPU throttled or saturated',
      'traffic per replica rose',
    ],
    fixes: ['rollout-undo', 'scale', 'rollout-restart'],
  },
  deadlock: {
    title: { en: 'The program hangs', zh: '应用死锁或卡死' },
    kinds: [...carriers],
    proves: [
      'requests time out, CPU near 0, threads blocked ("Found one Java-level deadlock"); probes time out; a restart helps for a while',
    ],
    excludes: ['CPU busy', 'it waits for a slow callee'],
    fixes: ['rollout-restart', 'rollout-undo', 'delete-pod'],
  },
  'memory-leak': {
    title: { en: 'The program leaks memory', zh: '应用内存泄漏' },
    kinds: [...carriers],
    proves: [
      'heap or working set climbs at even traffic since a revision; "OutOfMemoryError: Java heap space", "JavaScript heap out of memory"',
    ],
    excludes: ['memory levels off', 'the limit was lowered and the use is as before'],
    fixes: ['rollout-undo', 'rollout-restart', 'set-resources'],
  },
  'bad-release': {
    title: { en: 'A release is bad', zh: '发布引入故障（版本有问题）' },
    kinds: [...carriers],
    proves: [
      'errors or latency rise within minutes of a rollout, in pods or series of the new version only',
      'the earlier revision was well under the same traffic',
    ],
    excludes: [
      'the signal moved before the rollout',
      'pods of the old revision are as bad',
      'the only difference is a setting, an image name or a probe: that cause is finer',
    ],
    fixes: ['rollout-undo', 'set-image'],
  },
  'incompatible-call': {
    title: { en: 'Caller and callee no longer fit', zh: '上下游接口不兼容' },
    kinds: [...carriers],
    proves: [
      '404, 405, 415, 422, "Unimplemented", "unknown field", deserialisation errors on one edge, since one end was released',
    ],
    excludes: ['other callers of the same method with the same version work'],
    fixes: ['rollout-undo', 'set-image'],
  },
  'retry-storm': {
    title: { en: 'Retries multiply the load', zh: '重试风暴' },
    kinds: [...carriers, 'ConfigMap'],
    proves: [
      'requests to a failing callee are a multiple of the requests at the edge, and stay high after its cause has gone',
      'log lines of retries; timeouts at the caller shorter than the latency of the callee',
    ],
    excludes: ['calls per incoming request as before', 'traffic at the edge rose alike: a surge'],
    fixes: ['patch', 'scale', 'rollout-restart'],
  },
  other: {
    title: { en: 'The program does not work as it should', zh: '其他应用问题' },
    kinds: [...carriers],
    proves: ['errors or latency arise inside the service and no finer cause'],
    excludes: ['a callee, a resource or the platform explains it'],
    fixes: ['rollout-undo', 'rollout-restart'],
  },
});
