import type { V1HTTPGetAction } from '@kubernetes/client-node';
import type { Fault } from './fault.ts';
import { rolloutFault } from './rollout-fault.ts';

type Kind = 'readiness' | 'liveness' | 'startup';

/** So soon that a rollout is seen to fail within the time of a round. */
const soon = {
  readiness: {},
  liveness: { periodSeconds: 2, failureThreshold: 2 },
  startup: { periodSeconds: 1, failureThreshold: 8 },
} as const;

const probe = (kind: Kind, httpGet: Partial<V1HTTPGetAction>) => ({
  [`${kind}Probe`]: { httpGet: { path: '/healthz', port: 'http', ...httpGet }, ...soon[kind] },
});

/** Probes that ask for something else than what the program answers. */
export const probeFaults: readonly Fault[] = [
  rolloutFault({
    name: 'readiness-path',
    title: { en: 'A readiness probe on a wrong path', zh: '就绪探针路径错误' },
    of: 'checkout',
    causes: ['probe.readiness-path'],
    container: () => probe('readiness', { path: '/api/ready' }),
    note: 'with the paths of the platform',
  }),
  rolloutFault({
    name: 'readiness-protocol',
    title: { en: 'A readiness probe in a wrong protocol', zh: '就绪探针协议错误' },
    of: 'shipping',
    causes: ['probe.readiness-protocol'],
    container: () => probe('readiness', { path: '/readyz', scheme: 'HTTPS' }),
    note: 'asked over TLS',
  }),
  rolloutFault({
    name: 'liveness-path',
    title: { en: 'A liveness probe on a wrong path', zh: '存活探针路径错误' },
    of: 'recommendations',
    causes: ['probe.liveness-path'],
    container: () => probe('liveness', { path: '/live' }),
    note: 'with a path of its own for life',
  }),
  rolloutFault({
    name: 'liveness-port',
    title: { en: 'A liveness probe on a wrong port', zh: '存活探针端口错误' },
    of: 'pricing',
    causes: ['probe.liveness-port'],
    container: () => probe('liveness', { port: 8081 }),
    note: 'asked on the management port',
  }),
  rolloutFault({
    name: 'liveness-protocol',
    title: { en: 'A liveness probe in a wrong protocol', zh: '存活探针协议错误' },
    of: 'shipping',
    causes: ['probe.liveness-protocol'],
    container: () => probe('liveness', { scheme: 'HTTPS' }),
    note: 'asked for life over TLS',
  }),
  rolloutFault({
    name: 'startup-path',
    title: { en: 'A startup probe on a wrong path', zh: '启动探针路径错误' },
    of: 'catalog',
    causes: ['probe.startup-path'],
    container: () => probe('startup', { path: '/started' }),
    note: 'with a path of its own for the start',
  }),
  rolloutFault({
    name: 'startup-port',
    title: { en: 'A startup probe on a wrong port', zh: '启动探针端口错误' },
    of: 'payment',
    causes: ['probe.startup-port'],
    container: () => probe('startup', { port: 9090 }),
    note: 'started on the management port',
  }),
  rolloutFault({
    name: 'startup-protocol',
    title: { en: 'A startup probe in a wrong protocol', zh: '启动探针协议错误' },
    of: 'checkout',
    causes: ['probe.startup-protocol'],
    container: () => probe('startup', { scheme: 'HTTPS' }),
    note: 'started over TLS',
  }),
];
