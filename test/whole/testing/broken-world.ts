import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { workerProcessSchema } from '#domain/configuration.ts';
import { freePorts } from '#machine/ports.ts';
import { writePrivateFile } from '#machine/private-file.ts';
import { type NonsenseServer, startNonsense } from '#mcp-tools/back-ends/nonsense-server.ts';
import type { WholeInstance } from './instance.ts';
import { killHard, runningNow, untilReplaced } from './processes.ts';

/** How a part of the world may be broken. */
export type Breakage = 'down' | 'slow' | 'nonsense';

/** Longer than anybody waits for an answer. */
const slowMs = 30_000;

async function startBroken(how: Breakage): Promise<{ url: string; stop: () => Promise<void> }> {
  if (how === 'down') {
    const [port] = await freePorts([0]);
    return { url: `http://127.0.0.1:${port}`, stop: async () => undefined };
  }
  const server: NonsenseServer = await startNonsense((response) => {
    if (how === 'nonsense')
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"kind": 7, ');
    else setTimeout(() => response.end('{}'), slowMs).unref();
  });
  return server;
}

async function restartWorkerWith({ stateFolder }: WholeInstance, settings: string): Promise<void> {
  await writePrivateFile(join(stateFolder, 'run', 'worker.settings.json'), settings);
  const who = await runningNow(stateFolder, 'worker');
  await untilReplaced(stateFolder, 'worker', await killHard(who));
}

/** A kubeconfig that leads to the broken API server, with nothing in it that one could tell it. */
async function kubeconfigTo({ stateFolder }: WholeInstance, server: string): Promise<string> {
  const file = join(stateFolder, 'run', 'broken.kubeconfig');
  const broken = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'broken', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'nobody', user: {} }],
    contexts: [{ name: 'broken', context: { cluster: 'broken', user: 'nobody' } }],
    'current-context': 'broken',
  };
  await writePrivateFile(file, stringify(broken));
  return file;
}

/** Does something while the worker sees a broken Prometheus and a broken API server, and gives it its world back. */
export async function whileBroken(
  instance: WholeInstance,
  how: { readonly prometheus: Breakage; readonly kubernetes: Breakage },
  work: () => Promise<void>,
): Promise<void> {
  const file = join(instance.stateFolder, 'run', 'worker.settings.json');
  const before = await readFile(file, 'utf8');
  const settings = workerProcessSchema.parse(JSON.parse(before));
  const prometheus = await startBroken(how.prometheus);
  const kubernetes = await startBroken(how.kubernetes);
  try {
    const kubeconfig = await kubeconfigTo(instance, kubernetes.url);
    const clusters = settings.clusters.map(({ name }) => ({ name, kubeconfig }));
    await restartWorkerWith(
      instance,
      JSON.stringify({ ...settings, clusters, prometheusUrl: prometheus.url }),
    );
    await work();
  } finally {
    await restartWorkerWith(instance, before);
    await Promise.all([prometheus.stop(), kubernetes.stop()]);
  }
}
