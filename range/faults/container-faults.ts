import type { Fault } from './fault.ts';
import { rolloutFault } from './rollout-fault.ts';

/** Containers that do not start, or do not stay. */
export const containerFaults: readonly Fault[] = [
  rolloutFault({
    name: 'command-missing',
    title: { en: 'A command that the image does not have', zh: '镜像内没有启动命令' },
    of: 'shipping',
    causes: ['container.command-not-found'],
    container: () => ({ command: ['/usr/local/bin/start.sh'] }),
    note: 'by its start script',
  }),
  rolloutFault({
    name: 'init-fails',
    title: { en: 'A preparation that fails', zh: '初始化容器失败' },
    of: 'catalog',
    causes: ['container.init-failed'],
    pod: () => ({
      initContainers: [
        {
          name: 'prepare',
          image: 'localhost:5000/catalog:1.9.0',
          args: ['no-such-role'],
        },
      ],
    }),
    note: 'with a preparation of its data',
  }),
  rolloutFault({
    name: 'role-unknown',
    title: { en: 'Arguments that the program refuses', zh: '启动参数错误' },
    of: 'recommendations',
    causes: ['container.crash-exit', 'config.value-invalid'],
    container: () => ({ args: ['suggestions'] }),
    note: 'by its new role',
  }),
  rolloutFault({
    name: 'user-not-allowed',
    title: { en: 'An image that runs as root where it may not', zh: '镜像以 root 运行被禁止' },
    of: 'shipping',
    causes: ['container.user-not-allowed'],
    container: () => ({ securityContext: { runAsNonRoot: true } }),
    note: 'hardened',
  }),
  rolloutFault({
    name: 'memory-too-small',
    title: { en: 'A memory limit below what it needs to start', zh: '内存限制不足以启动' },
    of: 'catalog',
    causes: ['container.oom-killed'],
    container: () => ({
      resources: { requests: { cpu: '25m', memory: '16Mi' }, limits: { cpu: '500m', memory: '20Mi' } },
    }),
    note: 'sized to what it was seen to use',
  }),
];
