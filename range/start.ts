import { mkdir, realpath } from 'node:fs/promises';
import { messageOf } from '#domain/errors.ts';
import type { ServiceCatalogue } from '#domain/service-catalogue.ts';
import { type Language, type Progress, silentProgress } from '#machine/progress.ts';
import type { Cluster } from './cluster/cluster.ts';
import { diagnoseCluster } from './cluster/doctor.ts';
import { loadKubeconfig } from './cluster/kubeconfig.ts';
import type { OwnLevel } from './cluster/level.ts';
import { startCluster } from './cluster/start.ts';
import { startSimulatedCluster } from './cluster/start-simulated.ts';
import {
  publishRange,
  type RangeFacts,
  rangeEnvironment,
  rangeLayout,
  rangeName,
  withdrawRange,
} from './facts.ts';
import { faultsAt } from './faults/catalogue.ts';
import type { Fault } from './faults/fault.ts';
import { findApiLevelPrograms, findRangePrograms } from './find-programs.ts';
import { type Monitoring, type MonitoringPrograms, startMonitoring } from './monitoring/start.ts';
import { rangeServiceCatalogue } from './service-catalogue.ts';
import { untilHealthy } from './settle.ts';
import { buildShopImages, shopImageRefs } from './shop/images.ts';
import { type ShopNames, shopNames } from './shop/names.ts';
import { createShop } from './shop/shop.ts';
import { rangeTexts } from './texts.ts';

export type RangeOptions = {
  /** Of the instance; the range keeps everything in a folder below it. */
  stateFolder: string;
  /** Where Alertmanager sends alerts, and the file with the bearer token that it shows (mode 0600). */
  webhookUrl: string;
  webhookTokenFile: string;
  progress?: Progress;
  /** Ends the coming up between two of its parts; what runs by then is ended again, and the reason is thrown. */
  signal?: AbortSignal;
  /** How the shop is to be called. */
  names?: ShopNames;
  /** Default: the best that this machine can carry. */
  level?: OwnLevel;
};

/** The practice range, running: a cluster with a shop in it that is visited and watched. */
export type Range = RangeFacts & {
  cluster: Cluster;
  environment: typeof rangeEnvironment;
  serviceCatalogue: ServiceCatalogue;
  faults: readonly Fault[];
  /** What runs for it on this machine. */
  processes(): { name: string; pid: number }[];
  /** Ends everything and leaves the stored state, so that the next start is quick. Safe to call twice. */
  stop(): Promise<void>;
};

/**
 * Brings the range up and answers when it is healthy: every Deployment complete, every service asked, no alert firing.
 * Everything that it needs and this machine lacks is fetched or built. When it fails, nothing of it is left running.
 */
export async function startRange(options: RangeOptions): Promise<Range> {
  const progress = options.progress ?? silentProgress;
  const { names = shopNames() } = options;
  // Its mode is its owner's business: what runs under it already may be another user's.
  await mkdir(options.stateFolder, { recursive: true, mode: 0o700 });
  const stateFolder = await realpath(options.stateFolder);
  const layout = rangeLayout(stateFolder);
  const { signal = new AbortController().signal } = options;
  const level = options.level ?? (await bestLevel(layout.root, progress.language));
  const { cluster, monitoringPrograms } = await bringUpCluster(level, layout.cluster, { progress, signal });
  const stops = [() => cluster.stop()];
  const stopAll = async (): Promise<void> => {
    await withdrawRange(stateFolder);
    for (const stopPart of stops.toReversed()) await stopPart();
  };
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= stopAll();
    return stopped;
  };
  const texts = rangeTexts(progress.language);
  const task = progress.task(texts.shop, { estimateMs: 30_000 });
  try {
    signal.throwIfAborted();
    await openShop(cluster, names, layout.images, (step) => task.detail(texts[step]));
    signal.throwIfAborted();
    task.detail(texts.monitoring);
    const monitoring = await startMonitoring({
      ...options,
      cluster,
      stateFolder: layout.monitoring,
      programs: monitoringPrograms,
    });
    stops.push(() => monitoring.stop());
    const { prometheusUrl, alertmanagerUrl } = monitoring;
    const places = { stateFolder, imagesFolder: layout.images, prometheusUrl, alertmanagerUrl };
    const range = rangeOf({ ...places, cluster, names }, cluster, monitoring, stop);
    task.detail(texts.settling);
    await untilHealthy(range, { signal });
    await publishRange(range);
    task.done();
    return range;
  } catch (error) {
    task.failed(messageOf(error));
    await stop();
    throw error;
  }
}

/** What this machine can carry. Where it is nothing, real nodes are asked for, and the reasons are told. */
async function bestLevel(folder: string, language: Language): Promise<OwnLevel> {
  const { level } = await diagnoseCluster({ stateFolder: folder, language });
  return level === 'api' ? 'api' : 'full';
}

async function bringUpCluster(
  level: OwnLevel,
  stateFolder: string,
  options: { progress: Progress; signal: AbortSignal },
): Promise<{ cluster: Cluster; monitoringPrograms: MonitoringPrograms }> {
  const { progress, signal } = options;
  if (level === 'api') {
    const programs = await findApiLevelPrograms({ progress, signal });
    signal.throwIfAborted();
    const images = shopImageRefs();
    const cluster = await startSimulatedCluster({
      ...{ stateFolder, rangeName, programs: programs.cluster, images, progress },
    });
    return { cluster, monitoringPrograms: programs.monitoring };
  }
  const programs = await findRangePrograms({ progress, signal });
  signal.throwIfAborted();
  const cluster = await startCluster({ stateFolder, rangeName, programs: programs.cluster, progress });
  return { cluster, monitoringPrograms: programs.monitoring };
}

function rangeOf(
  facts: RangeFacts,
  cluster: Cluster,
  monitoring: Monitoring,
  stop: () => Promise<void>,
): Range {
  return {
    ...facts,
    cluster,
    environment: rangeEnvironment,
    serviceCatalogue: rangeServiceCatalogue(cluster.name, facts.names),
    faults: faultsAt(cluster.level),
    processes: () => [...cluster.processes(), ...monitoring.processes()],
    stop,
  };
}

async function openShop(
  cluster: Cluster,
  names: ShopNames,
  imagesFolder: string,
  report: (step: 'images' | 'rollout') => void,
): Promise<void> {
  if (cluster.level !== 'api') {
    report('images');
    for (const index of await buildShopImages(imagesFolder)) await cluster.importImage(index);
  }
  await cluster.openNamespaces([names.namespace]);
  report('rollout');
  const shop = createShop(loadKubeconfig(cluster.kubeconfigs.admin), names, imagesFolder);
  await shop.removeOthers();
  await shop.restore();
}
