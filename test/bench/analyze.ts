import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { freePort } from '#machine/ports.ts';
import { findProgram } from '#machine/program.ts';
import { type SupervisedProcess, startSupervised } from '#machine/supervised-process.ts';
import { optionalRangePrograms } from '#range/programs.ts';
import { type KubernetesApi, startKubernetesApi } from '../setup/kubernetes-api.ts';
import { makeBigCluster, type Size } from './big-cluster.ts';
import { percentile, print, rounded } from './figures.ts';

const command = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const size: Size = { namespaces: 50, services: 10, replicas: 10 };
const pods = size.namespaces * size.services * size.replicas;
const runs = 3;
const readyTimeoutMs = 15 * 60_000;

/** kwok with its own rules for pods: all of them run and are ready. */
async function startKwok({ adminKubeconfig, folder }: KubernetesApi): Promise<SupervisedProcess> {
  const { path } = await findProgram(optionalRangePrograms.kwok);
  const address = `127.0.0.1:${await freePort()}`;
  return startSupervised({
    name: 'kwok',
    command: path,
    args: [
      ...[`--kubeconfig=${adminKubeconfig}`, '--manage-all-nodes=true', '--node-lease-duration-seconds=40'],
      ...['--node-ip=127.0.0.1', `--server-address=${address}`, '--cidr=10.100.0.0/14'],
    ],
    env: { HOME: folder },
    logFile: join(folder, 'kwok.log'),
    pidFile: join(folder, 'kwok.pid'),
    isReady: async () => (await fetch(`http://${address}/healthz`)).ok,
    stopSignal: 'SIGKILL',
  });
}

const countedSchema = z.object({
  items: z.array(z.unknown()),
  metadata: z.object({ remainingItemCount: z.int().optional() }),
});

/** Waits until no pod is without a status any more. */
async function untilPodsRun({ admin }: KubernetesApi): Promise<void> {
  const endMs = performance.now() + readyTimeoutMs;
  while (performance.now() < endMs) {
    const query = { fieldSelector: 'status.phase!=Running', limit: 1 };
    const left = countedSchema.parse(
      await admin.json({ path: '/api/v1/pods', query, signal: AbortSignal.timeout(60_000) }),
    );
    if (left.items.length === 0) return;
    await sleep(1_000);
  }
  throw new Error(`not all of ${pods} pods run after ${readyTimeoutMs / 1000} s`);
}

const printedSchema = z.object({
  findings: z.array(z.object({ severity: z.string(), object: z.object({ kind: z.string() }) })),
  apiCalls: z.int(),
  gaps: z.array(z.string()),
});

type Run = {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMb: number;
  readonly printed: z.infer<typeof printedSchema>;
};

/** Fields 14 and 15 of proc_pid_stat(5), in the 100 ticks a second that Linux tells everybody. */
function cpuSecondsIn(stat: string): number {
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return ((user ?? 0) + (system ?? 0)) / 100;
}

/** `understudy analyze`, as somebody types it; its most memory is what it told last before its end. */
async function analyze(kubeconfig: string): Promise<Run> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, [command, 'analyze', '--kubeconfig', kubeconfig, '-o', 'json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  let [peakMb, cpuSeconds] = [0, 0];
  const watch = setInterval(async () => {
    const [status, stat] = await Promise.all(
      ['status', 'stat'].map((name) => readFile(`/proc/${child.pid}/${name}`, 'utf8').catch(() => '')),
    );
    peakMb = Math.max(peakMb, Number(/^VmHWM:\s+(\d+) kB$/m.exec(status ?? '')?.[1] ?? 0) / 1024);
    cpuSeconds = Math.max(cpuSeconds, cpuSecondsIn(stat ?? ''));
  }, 20);
  const [code, printed] = await Promise.all([exited, text(child.stdout)]);
  clearInterval(watch);
  if (code !== 0) throw new Error(`analyze ended with ${code}`);
  const seconds = (performance.now() - startedMs) / 1000;
  return { seconds, cpuSeconds, peakMb, printed: printedSchema.parse(JSON.parse(printed)) };
}

async function measure(api: KubernetesApi): Promise<void> {
  const broken = await makeBigCluster(api.admin, size);
  await untilPodsRun(api);
  const all: Run[] = [];
  for (let run = 0; run < runs; run += 1) all.push(await analyze(api.adminKubeconfig));
  const { findings, apiCalls, gaps } = all[0]?.printed ?? { findings: [], apiCalls: 0, gaps: [] };
  const found = findings.filter(
    ({ severity, object }) => object.kind === 'Service' && severity !== 'info',
  ).length;
  if (found !== broken) throw new Error(`of ${broken} Services that select nothing ${found} were found`);
  if (gaps.length > 0) throw new Error(`not everything was read: ${gaps.join('; ')}`);
  const seconds = all.map((run) => run.seconds).toSorted((a, b) => a - b);
  const how = `${pods} pods on ${pods / 100} nodes of kwok, ${size.namespaces} namespaces, ${size.namespaces * size.services} Deployments with a Service each; the whole command, ${runs} times (${seconds.map((each) => rounded(each)).join(', ')} s, the quickest with ${rounded(Math.min(...all.map(({ cpuSeconds }) => cpuSeconds)))} s of processor); ${findings.length} findings, ${found} of ${broken} broken Services`;
  print({
    ...{ name: 'analyze.s', value: rounded(percentile(seconds, 0.5)), unit: 's', aim: '< 10', how },
  });
  const megabytes = rounded(Math.max(...all.map(({ peakMb }) => peakMb)), 0);
  print({ ...{ name: 'analyze.rss_mb', value: megabytes, unit: 'MB', aim: '< 700', how } });
  print({ ...{ name: 'analyze.api_calls', value: apiCalls, unit: 'requests', aim: '< 60', how } });
}

const api = await startKubernetesApi({ controllers: false });
let kwok: SupervisedProcess | undefined;
try {
  kwok = await startKwok(api);
  await measure(api);
} finally {
  await kwok?.stop();
  await api.stop();
}
