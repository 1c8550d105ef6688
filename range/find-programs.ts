import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UnderstudyError } from '#domain/errors.ts';
import { type FindProgramOptions, type FoundProgram, findPrograms, type Program } from '#machine/program.ts';
import type { ClusterPrograms } from './cluster/start.ts';
import type { SimulatedPrograms } from './cluster/start-simulated.ts';
import type { MonitoringPrograms } from './monitoring/start.ts';
import { apiLevelPrograms, rangePrograms } from './programs.ts';

export type RangePrograms = { cluster: ClusterPrograms; monitoring: MonitoringPrograms };
export type ApiLevelPrograms = { cluster: SimulatedPrograms; monitoring: MonitoringPrograms };

/** Answers what was found of a list of programs, by its keys. */
async function finder<Names extends Record<string, Program>>(
  programs: Names,
  options: FindProgramOptions,
): Promise<(name: keyof Names) => FoundProgram> {
  const names = Object.keys(programs);
  const found = await findPrograms(Object.values(programs), options);
  const byName = new Map<keyof Names, FoundProgram | undefined>(
    names.map((name, index) => [name, found[index]]),
  );
  return (name) => {
    const program = byName.get(name);
    if (program === undefined) throw new UnderstudyError('internal', `${String(name)} was not looked for`);
    return program;
  };
}

/** Finds what the range needs at level `api`, like {@link findRangePrograms}. */
export async function findApiLevelPrograms(options: FindProgramOptions = {}): Promise<ApiLevelPrograms> {
  const of = await finder(apiLevelPrograms, options);
  return {
    cluster: {
      etcd: of('etcd').path,
      kubeApiserver: of('kubeApiserver').path,
      kubeControllerManager: of('kubeControllerManager').path,
      kubeScheduler: of('kubeScheduler').path,
      kwok: of('kwok').path,
    },
    monitoring: monitoringOf(of),
  };
}

function monitoringOf(of: (name: 'prometheus' | 'alertmanager' | 'kubeStateMetrics') => FoundProgram) {
  return {
    prometheus: of('prometheus').path,
    alertmanager: of('alertmanager').path,
    kubeStateMetrics: of('kubeStateMetrics').path,
  };
}

/** Finds everything the range needs, and fetches or builds what is missing. Throws `program-missing`. */
export async function findRangePrograms(options: FindProgramOptions = {}): Promise<RangePrograms> {
  const of = await finder(rangePrograms, options);
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
    monitoring: monitoringOf(of),
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
