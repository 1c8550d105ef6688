import { setTimeout as sleep } from 'node:timers/promises';
import type { ManifestObject } from '../manifests.ts';

/** Asks until an answer comes that fits; the last answer goes into the failure. */
export async function eventually<T>(
  ask: () => Promise<T>,
  fits: (answer: T) => boolean,
  timeoutMs = 120_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask().catch((error: unknown) => error);
    const good = !(answer instanceof Error) && fits(answer as T);
    if (good) return answer as T;
    if (Date.now() > deadline) {
      throw new Error(`it never came: ${answer instanceof Error ? answer.message : JSON.stringify(answer)}`);
    }
    await sleep(100);
  }
}

export function pod(
  name: string,
  container: Record<string, unknown>,
  more: { labels?: Record<string, string>; nodeName?: string } = {},
): ManifestObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', labels: more.labels ?? {} },
    spec: {
      ...(more.nodeName === undefined ? {} : { nodeName: more.nodeName }),
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 1,
      automountServiceAccountToken: false,
      containers: [
        { name: 'main', image: 'test.local/node:1', imagePullPolicy: 'IfNotPresent', ...container },
      ],
    },
  };
}

export const web = `import { createServer } from 'node:http';
createServer((_, response) => response.end('hello from ' + process.env.HOSTNAME)).listen(8080);`;

export function webDeployment(replicas: number): ManifestObject {
  const labels = { app: 'web' };
  const readinessProbe = { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [{ name: 'main', image: 'test.local/node:1', args: ['-e', web], readinessProbe }],
        },
      },
    },
  };
}

export const webService: ManifestObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
};
