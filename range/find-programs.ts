import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UnderstudyError } from '#domain/errors.ts';
import { type FindProgramOptions, type FoundProgram, findPrograms } from '#machine/program.ts';
import type { ClusterPrograms } from './cluster/start.ts';
import { rangePrograms } from './programs.ts';

export type RangePrograms = {
  cluster: ClusterPrograms;
  monitoring: { prometheus: string; alertmanager: string; kubeStateMetrics: string };
};

/** Finds everything the range needs, and fetches or builds what is missing. Throws `program-missing`. */
export async function findRangePrograms(options: FindProgramOptions = {}): Promise<RangePrograms> {
  const names = Object.keys(rangePrograms);
  const found = await findPrograms(Object.values(rangePrograms), options);
  const byName = new Map(names.map((name, index) => [name, found[index]]));
  const of = (name: keyof typeof rangePrograms): FoundProgram => {
    const program = byName.get(name);
    if (program === undefined) throw new UnderstudyError('internal', `${name} was not looked for`);
    return program;
  };
  const containerdFolder = dirname(of('containerd').path);
  return {
    cluster: {
      etcd: of('etcd').path,
      kubeApiserver: of('kubeApiserver').path,
      kubeControllerManager: of('kubeControllerManager').path,
      kubeScheduler: of('kubeScheduler').path,
      coredns: of('coredns').path,
      node: {
        kubelet: of('kubelet').path,
        kubeProxy: of('kubeProxy').path,
        containerd: of('containerd').path,
        ctr: join(containerdFolder, 'ctr'),
        containerdFolder,
        runc: of('runc').path,
        cniPluginFolder: dirname(of('cniPlugins').path),
        iptablesMulti: of('iptables').path,
        env: await libraryEnv([of('containerd'), of('runc'), of('iptables')]),
      },
    },
    monitoring: {
      prometheus: of('prometheus').path,
      alertmanager: of('alertmanager').path,
      kubeStateMetrics: of('kubeStateMetrics').path,
    },
  };
}

/** One environment for programs that call one another: all their library folders, and where iptables has its extensions. */
async function libraryEnv(found: readonly FoundProgram[]): Promise<Record<string, string>> {
  const folders = found.flatMap((program) => program.env.LD_LIBRARY_PATH?.split(':') ?? []);
  const extensions = folders.map((folder) => join(folder, 'xtables'));
  const present = await Promise.all(extensions.map((folder) => stat(folder).catch(() => undefined)));
  const xtables = extensions.find((_, index) => present[index] !== undefined);
  return {
    ...(folders.length === 0 ? {} : { LD_LIBRARY_PATH: folders.join(':') }),
    ...(xtables === undefined ? {} : { XTABLES_LIBDIR: xtables }),
  };
}
