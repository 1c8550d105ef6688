import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { CoreV1Api, Health, type KubeConfig, type V1Node } from '@kubernetes/client-node';
import { messageOf, UnderstudyError } from '#domain/errors.ts';

const pollMs = 100;

/**
 * Asks until the answer is yes. A question that throws counts as no. Throws `timeout` naming `what` and, where given, the log
 * to look into.
 */
export async function waitUntil(
  what: string,
  question: () => Promise<boolean>,
  options: { timeoutMs: number; logPath?: string; signal?: AbortSignal },
): Promise<void> {
  const deadline = Date.now() + options.timeoutMs;
  let lastError: unknown;
  while (Date.now() < deadline) {
    options.signal?.throwIfAborted();
    try {
      if (await question()) return;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    await sleep(pollMs);
  }
  const seconds = Math.round(options.timeoutMs / 1000);
  const log = options.logPath === undefined ? '' : `; see ${options.logPath}`;
  const last = lastError === undefined ? '' : ` (last answer: ${messageOf(lastError)})`;
  throw new UnderstudyError('timeout', `${what} was not ready within ${seconds} s${last}${log}`, {
    cause: lastError,
  });
}

/** Whether something listens there. */
export async function listens(address: string, port: number): Promise<boolean> {
  const socket = connect({ host: address, port });
  try {
    await once(socket, 'connect');
    return true;
  } finally {
    socket.destroy();
  }
}

export function apiServerIsReady(config: KubeConfig): Promise<boolean> {
  return new Health(config).readyz({ signal: AbortSignal.timeout(2000) });
}

/** Whether the node reported to be ready after `sinceMs`: an older report is an earlier run's, kept in etcd. */
export async function nodeIsReady(config: KubeConfig, name: string, sinceMs: number): Promise<boolean> {
  const node: V1Node = await config.makeApiClient(CoreV1Api).readNode({ name });
  const ready = node.status?.conditions?.find((condition) => condition.type === 'Ready');
  const reportedMs = ready?.lastHeartbeatTime?.getTime() ?? 0;
  // Heartbeats are in whole seconds.
  if (ready?.status !== 'True' || reportedMs + 1000 <= sinceMs) return false;
  return !(node.spec?.taints ?? []).some((taint) => taint.key === 'node.kubernetes.io/not-ready');
}

/** Whether pods can be created: admission wants the account that the controller manager makes in each namespace. */
export async function hasDefaultAccount(config: KubeConfig, namespace: string): Promise<boolean> {
  await config.makeApiClient(CoreV1Api).readNamespacedServiceAccount({ namespace, name: 'default' });
  return true;
}
