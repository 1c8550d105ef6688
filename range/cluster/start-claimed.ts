import { mkdir, realpath, rm } from 'node:fs/promises';
import { messageOf } from '#domain/errors.ts';
import { ensurePrivateFolder } from '#machine/private-file.ts';
import { type Progress, silentProgress } from '#machine/progress.ts';
import { rangeIdOf } from './addresses.ts';
import type { Machine } from './bring-up.ts';
import type { Cluster } from './cluster.ts';
import { requireLevel } from './doctor.ts';
import { layoutOf } from './layout.ts';
import type { OwnLevel } from './level.ts';
import { createProcessGroup, type ProcessObserver } from './processes.ts';
import { claimRange } from './registry.ts';
import { type ClusterTexts, clusterTexts } from './texts.ts';

export type ClaimedOptions = {
  stateFolder: string;
  rangeName: string;
  progress?: Progress;
  onProcessChange?: ProcessObserver;
};

/** What a cluster of one level does in its own way. */
export type LevelWork = {
  readonly level: OwnLevel;
  readonly estimateMs: number;
  /** Removes what a killed run of the same range left on the machine. */
  readonly clean: (rangeId: string) => Promise<unknown>;
  readonly bringUp: (
    machine: Machine,
    texts: ClusterTexts,
    report: (detail: string) => void,
  ) => Promise<Cluster>;
  /** Ends whatever has come up by then. */
  readonly tearDown: (machine: Machine) => Promise<void>;
  /** What is to be known of it when it is up. */
  readonly remark?: (texts: ClusterTexts) => string;
};

/**
 * Brings a cluster up in its state folder, which no other process may use meanwhile; when that fails, nothing of it is left.
 * Throws `not-supported` where the level is not possible here, `already-running`, and whatever the work throws.
 */
export async function startClaimed(options: ClaimedOptions, work: LevelWork): Promise<Cluster> {
  const progress = options.progress ?? silentProgress;
  const texts = clusterTexts(progress.language);
  await requireLevel(work.level, options.stateFolder, progress.language);
  await ensurePrivateFolder(options.stateFolder);
  const stateFolder = await realpath(options.stateFolder);
  const rangeId = rangeIdOf(stateFolder, options.rangeName);
  const claim = await claimRange(rangeId, options.rangeName, stateFolder, work.level);
  const layout = layoutOf(stateFolder);
  const processes = createProcessGroup(layout.logs, rangeId, options.onProcessChange);
  const machine: Machine = { rangeId, layout, claim, processes, nodes: [] };
  const task = progress.task(texts.clusterTask, { estimateMs: work.estimateMs });
  try {
    await rm(layout.clusterFile, { force: true });
    await mkdir(layout.logs, { recursive: true });
    task.detail(texts.cleaning);
    await work.clean(rangeId);
    const cluster = await work.bringUp(machine, texts, (detail) => task.detail(detail));
    task.done(work.remark?.(texts));
    return cluster;
  } catch (error) {
    task.failed(messageOf(error));
    await work.tearDown(machine);
    throw error;
  }
}

/** Ends a cluster once, however often it is asked. */
export function stopOnce(machine: Machine, tearDown: LevelWork['tearDown']): () => Promise<void> {
  let stopped: Promise<void> | undefined;
  return () => {
    stopped ??= tearDown(machine);
    return stopped;
  };
}
