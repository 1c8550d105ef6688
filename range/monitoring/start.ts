import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from '#machine/ports.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { loadKubeconfig } from '../cluster/kubeconfig.ts';
import { createProcessGroup, type ProcessSpec } from '../cluster/processes.ts';
import { alertRules } from './alert-rules.ts';
import { alertmanagerConfig } from './alertmanager-config.ts';
import { withSharedFiles } from './debian-build.ts';
import { type Intervals, practiceIntervals } from './intervals.ts';
import { prometheusConfig } from './prometheus-config.ts';
import { writeTargets } from './targets.ts';

/** Paths of the programs, from `findRangePrograms`. */
export type MonitoringPrograms = { prometheus: string; alertmanager: string; kubeStateMetrics: string };

export type MonitoringOptions = {
  cluster: Cluster;
  stateFolder: string;
  /** Where alerts are sent, with the bearer token in the file (mode 0600). */
  webhookUrl: string;
  webhookTokenFile: string;
  programs: MonitoringPrograms;
  intervals?: Intervals;
};

export type Monitoring = {
  prometheusUrl: string;
  alertmanagerUrl: string;
  processes(): { name: string; pid: number }[];
  stop(): Promise<void>;
};

const host = '127.0.0.1';
/** The ports that people know, where they are free. */
const usualPorts = [9090, 9093, undefined, undefined] as const;
/** After this without samples a series counts as gone; longer than the longest scrape interval. */
const lookBack = '45s';
const stopGraceMs = 5000;

/**
 * Starts kube-state-metrics, Alertmanager and Prometheus on loopback, supervised, watching this cluster. Answers when all
 * three are ready. Metrics begin anew: those of an earlier run, before a gap, would pass for what is usual. Throws `unavailable` with the end of its log when one does not start.
 */
export async function startMonitoring(options: MonitoringOptions): Promise<Monitoring> {
  const { cluster, stateFolder, programs, intervals = practiceIntervals } = options;
  await mkdir(join(stateFolder, 'logs'), { recursive: true, mode: 0o700 });
  await rm(join(stateFolder, 'prometheus'), { recursive: true, force: true });
  const ports = await freePorts(usualPorts);
  const [prometheus = '', alertmanager = '', stateMetrics = '', stateTelemetry = ''] = ports.map(
    (port) => `${host}:${port}`,
  );
  const files = await writeFiles(options, intervals, { alertmanager, stateMetrics });
  const targets = await writeTargets(loadKubeconfig(cluster.kubeconfigs.prometheus), files);
  const processes = createProcessGroup(join(stateFolder, 'logs'), cluster.rangeId);
  const stop = async (): Promise<void> => {
    await Promise.all([targets.stop(), processes.stopAll()]);
  };
  const specs = [
    kubeStateMetrics(programs.kubeStateMetrics, cluster.kubeconfigs.reader, stateMetrics, stateTelemetry),
    alertmanagerProcess(programs.alertmanager, files.alertmanagerConfig, stateFolder, alertmanager),
    prometheusProcess(programs.prometheus, files.prometheusConfig, stateFolder, prometheus),
  ];
  try {
    for (const spec of specs) await processes.start({ ...spec, ...(await withSharedFiles(spec)) });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    prometheusUrl: `http://${prometheus}`,
    alertmanagerUrl: `http://${alertmanager}`,
    processes: () => processes.running(),
    stop,
  };
}

async function writeFiles(
  { cluster, stateFolder, webhookUrl, webhookTokenFile }: MonitoringOptions,
  intervals: Intervals,
  addresses: { alertmanager: string; stateMetrics: string },
): Promise<{
  podTargetsFile: string;
  nodeTargetsFile: string;
  prometheusConfig: string;
  alertmanagerConfig: string;
}> {
  const files = {
    rulesFile: join(stateFolder, 'alert-rules.yaml'),
    podTargetsFile: join(stateFolder, 'pods.json'),
    nodeTargetsFile: join(stateFolder, 'nodes.json'),
    prometheusConfig: join(stateFolder, 'prometheus.yaml'),
    alertmanagerConfig: join(stateFolder, 'alertmanager.yaml'),
  };
  await chmod(webhookTokenFile, 0o600);
  await writeFile(files.rulesFile, await alertRules(intervals));
  const webhook = { url: webhookUrl, tokenFile: webhookTokenFile };
  await writeFile(files.alertmanagerConfig, alertmanagerConfig(webhook, intervals));
  const places = {
    ...files,
    alertmanagerAddress: addresses.alertmanager,
    kubeStateMetricsAddress: addresses.stateMetrics,
  };
  await writeFile(files.prometheusConfig, prometheusConfig(cluster, intervals, places));
  return files;
}

function answers(url: string): () => Promise<boolean> {
  return async () => (await fetch(url, { signal: AbortSignal.timeout(1000) })).ok;
}

const watchedKinds = [
  'configmaps',
  'daemonsets',
  'deployments',
  'endpoints',
  'horizontalpodautoscalers',
  'namespaces',
  'nodes',
  'persistentvolumeclaims',
  'pods',
  'replicasets',
  'resourcequotas',
  'services',
  'statefulsets',
];
const podLabels = 'app.kubernetes.io/name,app.kubernetes.io/part-of,app.kubernetes.io/version';

function kubeStateMetrics(
  command: string,
  kubeconfig: string,
  address: string,
  telemetryAddress: string,
): ProcessSpec {
  const portOf = (of: string): string => new URL(`http://${of}`).port;
  return {
    name: 'kube-state-metrics',
    command,
    args: [
      `--kubeconfig=${kubeconfig}`,
      `--host=${host}`,
      `--port=${portOf(address)}`,
      `--telemetry-host=${host}`,
      `--telemetry-port=${portOf(telemetryAddress)}`,
      `--resources=${watchedKinds.join(',')}`,
      `--metric-labels-allowlist=pods=[${podLabels}],deployments=[${podLabels}]`,
    ],
    isReady: answers(`http://${address}/healthz`),
  };
}

function alertmanagerProcess(
  command: string,
  configFile: string,
  stateFolder: string,
  address: string,
): ProcessSpec {
  return {
    name: 'alertmanager',
    command,
    args: [
      `--config.file=${configFile}`,
      `--storage.path=${join(stateFolder, 'alertmanager')}`,
      `--web.listen-address=${address}`,
      '--cluster.listen-address=', // alone: no gossip port
    ],
    isReady: answers(`http://${address}/-/ready`),
    stopGraceMs,
  };
}

function prometheusProcess(
  command: string,
  configFile: string,
  stateFolder: string,
  address: string,
): ProcessSpec {
  return {
    name: 'prometheus',
    command,
    args: [
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${join(stateFolder, 'prometheus')}`,
      '--storage.tsdb.retention.time=24h',
      `--web.listen-address=${address}`,
      `--query.lookback-delta=${lookBack}`,
    ],
    isReady: answers(`http://${address}/-/ready`),
    stopGraceMs,
  };
}
