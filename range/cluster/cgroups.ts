import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UnderstudyError } from '#domain/errors.ts';

const mountPoint = '/sys/fs/cgroup';

/** Version 1 has one tree per controller (a hybrid machine's unified tree holds none); version 2 has a single tree. */
export type CgroupVersion = 1 | 2;

async function readable(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

/** The version that containers get here; undefined where cgroups are not mounted at all. */
export async function cgroupVersion(): Promise<CgroupVersion | undefined> {
  if ((await readable(join(mountPoint, 'cgroup.controllers'))) !== undefined) return 2;
  return (await readable(join(mountPoint, 'memory', 'cgroup.procs'))) === undefined ? undefined : 1;
}

/** A hybrid machine's tree of version 2. */
const unified = 'unified';

/** The root folders of all cgroup trees: one in version 2, one per controller in version 1 and what is beside them. */
async function treeRoots(): Promise<string[]> {
  if ((await cgroupVersion()) === 2) return [mountPoint];
  const entries = await readdir(mountPoint, { withFileTypes: true });
  // `cpu` is often a link to `cpu,cpuacct`: taking folders only visits each tree once.
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(mountPoint, entry.name));
}

/** Trees that a node's cgroup is made in: what runs containers makes its own where there are no controllers. */
async function controllerRoots(): Promise<string[]> {
  return (await treeRoots()).filter((root) => root !== join(mountPoint, unified));
}

/** Controllers that the kubelet counts on, in version 2's words. */
const neededControllers = ['cpu', 'cpuset', 'hugetlb', 'io', 'memory', 'pids'];

/**
 * The node's share of the processors against one process outside, which counts once. All that runs in the pods would
 * otherwise have to make do with what a single process gets, and a shop that waits for its turn looks like a shop in trouble;
 * with much more than this it would starve what watches it.
 */
const processesWorth = 4;
/** What a process counts in version 1 (`cpu.shares`) and in version 2 (`cpu.weight`). */
const oneProcess = { 'cpu.shares': 1024, 'cpu.weight': 100 } as const;

async function takeFairShare(folder: string): Promise<void> {
  for (const [file, worth] of Object.entries(oneProcess)) {
    const path = join(folder, file);
    if ((await readable(path)) !== undefined) await writeFile(path, `${processesWorth * worth}`);
  }
}

async function delegateControllers(folder: string): Promise<void> {
  const available = ((await readable(join(folder, 'cgroup.controllers'))) ?? '').trim().split(' ');
  const wanted = neededControllers.filter((controller) => available.includes(controller));
  await writeFile(
    join(folder, 'cgroup.subtree_control'),
    wanted.map((controller) => `+${controller}`).join(' '),
  );
}

/**
 * Creates the cgroup `/<name>` in every tree, ready to hold a node's pods. Version 2 was written by its documentation and
 * has not been exercised on a real machine.
 */
export async function createCgroup(name: string): Promise<void> {
  try {
    for (const root of await controllerRoots()) {
      const folder = join(root, name);
      await mkdir(folder, { recursive: true });
      // A new cpuset of version 1 has no processors and no memory, and takes no process until it has.
      for (const file of ['cpuset.cpus', 'cpuset.mems']) {
        const inherited = root.endsWith('/cpuset') ? await readable(join(root, file)) : undefined;
        if (inherited !== undefined) await writeFile(join(folder, file), inherited);
      }
    }
    if ((await cgroupVersion()) === 2) {
      await delegateControllers(mountPoint);
      await delegateControllers(join(mountPoint, name));
    }
    for (const root of await controllerRoots()) await takeFairShare(join(root, name));
  } catch (error) {
    throw new UnderstudyError(
      'not-supported',
      `cannot create the cgroup ${name}; the practice range needs a machine whose ${mountPoint} root may write to`,
      { cause: error },
    );
  }
}

async function foldersBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const children = entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
  const deeper = await Promise.all(children.map(foldersBelow));
  return [...deeper.flat(), folder];
}

/** The processes in the cgroup `/<name>` and below, in any tree. */
export async function processesIn(name: string): Promise<number[]> {
  const folders = (
    await Promise.all((await treeRoots()).map((root) => foldersBelow(join(root, name))))
  ).flat();
  const lists = await Promise.all(folders.map((folder) => readable(join(folder, 'cgroup.procs'))));
  const pids = lists.flatMap((list) => (list ?? '').split('\n').filter((line) => line !== ''));
  return [...new Set(pids.map(Number))];
}

/** The kernel lets a killed process go some time after it is gone from sight, and its cgroup only then. */
const emptyingMs = 10_000;
const emptyingPollMs = 50;

/** Removes the cgroup `/<name>` with everything below it; answers whether it is gone. Processes in it keep it alive. */
export async function removeCgroup(name: string): Promise<boolean> {
  const deadline = performance.now() + emptyingMs;
  for (;;) {
    for (const root of await treeRoots()) {
      for (const folder of await foldersBelow(join(root, name))) await rmdir(folder).catch(() => undefined);
    }
    if (!(await cgroupsNamed(name)).includes(name)) return true;
    if (performance.now() > deadline || (await processesIn(name)).length > 0) return false;
    await sleep(emptyingPollMs);
  }
}

/** Names of top-level cgroups that begin with `prefix`. */
export async function cgroupsNamed(prefix: string): Promise<string[]> {
  const lists = await Promise.all((await treeRoots()).map((root) => readdir(root, { withFileTypes: true })));
  const names = lists.flat().filter((entry) => entry.isDirectory() && entry.name.startsWith(prefix));
  return [...new Set(names.map((entry) => entry.name))];
}
