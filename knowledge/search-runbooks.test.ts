import { beforeAll, describe, expect, test } from 'vitest';
import type { Runbook } from '#domain/tools/knowledge.ts';
import { loadRunbooks } from './load-runbooks.ts';
import { rankRunbooks } from './search-runbooks.ts';

let runbooks: Runbook[];

beforeAll(async () => {
  runbooks = (await loadRunbooks()).map((one) => ({ ...one, causes: [...one.causes], used: 0, helped: 0 }));
});

/** Questions as people ask them, with the runbook that they need; neither texts nor synonyms were fitted to them. */
const questions: readonly (readonly [words: string, wanted: string])[] = [
  ['镜像拉不下来', 'image-pull-failed'],
  ['ImagePullBackOff after deploy', 'image-pull-failed'],
  ['manifest unknown for tag', 'image-pull-failed'],
  ['容器一直重启起不来', 'crash-loop'],
  ['KubePodCrashLooping', 'crash-loop'],
  ['exit code 127 executable file not found', 'crash-loop'],
  ['找不到 configmap 的 key', 'missing-configuration'],
  ['CreateContainerConfigError secret not found', 'missing-configuration'],
  ['环境变量没配', 'missing-configuration'],
  ['服务爆内存了', 'oom-killed'],
  ['OOMKilled exit code 137', 'oom-killed'],
  ['内存一直涨,怀疑泄漏', 'oom-killed'],
  ['ContainerMemoryNearLimit', 'oom-killed'],
  ['Service 没有 endpoints', 'service-without-endpoints'],
  ['selector does not match pod labels', 'service-without-endpoints'],
  ['KubeServiceWithoutEndpoints', 'service-without-endpoints'],
  ['副本被缩成 0 了', 'scaled-to-zero'],
  ['deployment scaled down to zero replicas', 'scaled-to-zero'],
  ['上线之后错误率飙升', 'bad-release'],
  ['errors since the new version was rolled out', 'bad-release'],
  ['发版后接口报 500', 'bad-release'],
  ['下游慢导致上游超时', 'slow-dependency'],
  ['latency travels up the call chain', 'slow-dependency'],
  ['ServiceLatencyHigh dependency', 'slow-dependency'],
  ['就绪探针失败', 'readiness-probe'],
  ['readiness probe connection refused wrong port', 'readiness-probe'],
  ['pod running but not ready', 'readiness-probe'],
  ['健康检查把好的 pod 杀了', 'liveness-probe'],
  ['liveness probe keeps killing the container', 'liveness-probe'],
  ['CPU 被限流', 'cpu-throttling'],
  ['CPUThrottlingHigh', 'cpu-throttling'],
  ['pod 调度不上一直 pending', 'pod-pending'],
  ['0/3 nodes are available insufficient cpu', 'pod-pending'],
  ['节点有污点', 'pod-pending'],
  ['机器掉线了', 'node-not-ready'],
  ['KubeNodeNotReady kubelet stopped posting status', 'node-not-ready'],
  ['盘满了', 'disk-full'],
  ['no space left on device', 'disk-full'],
  ['域名解析不了', 'dns-failure'],
  ['no such host coredns', 'dns-failure'],
  ['networkpolicy 拦了请求', 'network-policy-blocks'],
  ['数据库连接打满', 'database-connections'],
  ['too many clients already', 'database-connections'],
  ['kafka 堆积', 'consumer-lag'],
  ['消费不动了', 'consumer-lag'],
  ['证书到期', 'certificate-expired'],
  ['x509 certificate has expired', 'certificate-expired'],
  ['流量暴涨', 'traffic-surge'],
  ['retry storm', 'traffic-surge'],
  ['配额不够,pod 建不出来', 'quota-exceeded'],
  ['exceeded quota', 'quota-exceeded'],
  ['redis 内存满了', 'cache-memory'],
  ['cache hit ratio falls, keys evicted', 'cache-memory'],
];

describe('runbooks', () => {
  test('are found by colloquial questions in both languages', () => {
    const ranks = questions.map(([words, wanted]) => {
      const rank = rankRunbooks({ words }, runbooks).findIndex((runbook) => runbook.id === wanted);
      return { words, wanted, rank: rank < 0 ? Number.POSITIVE_INFINITY : rank + 1 };
    });
    const within = (most: number): number => ranks.filter(({ rank }) => rank <= most).length / ranks.length;
    const missed = ranks
      .filter(({ rank }) => rank > 1)
      .map(({ words, wanted, rank }) => `${rank} ${words} ${wanted}`);
    expect(within(1), missed.join('\n')).toBeGreaterThanOrEqual(0.9);
    expect(within(3), missed.join('\n')).toBeGreaterThanOrEqual(0.98);
  });

  test('for the cause come before those that only share words', () => {
    const found = rankRunbooks({ words: '镜像拉取失败', cause: 'container.oom-killed' }, runbooks);
    expect(found.slice(0, 2).map(({ id }) => id)).toEqual(['oom-killed', 'image-pull-failed']);
    const alone = rankRunbooks({ cause: 'service.selector-mismatch' }, runbooks);
    expect(alone.map(({ id }) => id)).toEqual(['service-without-endpoints']);
  });

  test('of which one helped more often come first where they fit alike', () => {
    const [first] = runbooks;
    if (first === undefined) throw new Error('no runbook');
    const twins = [first, { ...first, id: 'zz-proven', used: 5, helped: 4 }];
    expect(rankRunbooks({ cause: first.causes[0] }, twins).map(({ id }) => id)).toEqual([
      'zz-proven',
      first.id,
    ]);
  });

  test('that share nothing with the question are left out', () => {
    expect(rankRunbooks({ words: 'qwertz' }, runbooks)).toEqual([]);
    expect(rankRunbooks({}, runbooks)).toHaveLength(runbooks.length);
  });
});
