import { UnderstudyError } from '#domain/errors.ts';
import { cgroupsNamed, removeCgroup } from './cgroups.ts';
import { linksNamed, removeLink } from './host-network.ts';
import { killContainers, rangePrefix } from './node.ts';
import { killAll, processesOfRange } from './range-processes.ts';

/** What of a range is on the machine. */
export type Leftovers = { processes: number[]; links: string[]; cgroups: string[] };

export async function findLeftovers(rangeId: string): Promise<Leftovers> {
  const prefix = rangePrefix(rangeId);
  const [processes, links, cgroups] = await Promise.all([
    processesOfRange(rangeId),
    linksNamed(prefix),
    cgroupsNamed(prefix),
  ]);
  return { processes: processes.map((identity) => identity.pid), links, cgroups };
}

/**
 * Removes what a killed run of this range left on the machine: processes (namespaces and mounts end with them), links with
 * their routes, cgroups. Only things that carry the range's id are touched. Throws `conflict` when something stays.
 */
export async function removeLeftovers(rangeId: string): Promise<void> {
  const prefix = rangePrefix(rangeId);
  const cgroups = await cgroupsNamed(prefix);
  // Supervisors and shims first, or they would start again what is killed.
  const stubborn = await killAll(await processesOfRange(rangeId));
  for (const cgroup of cgroups) {
    await killContainers(cgroup);
    await removeCgroup(cgroup);
  }
  // Removing the bridge's end of a link removes both; the kernel may have done so already.
  for (const link of await linksNamed(prefix)) await removeLink(link).catch(() => undefined);
  const left = await findLeftovers(rangeId);
  if (stubborn.length + left.processes.length + left.links.length + left.cgroups.length === 0) return;
  throw new UnderstudyError(
    'conflict',
    `an earlier run of the practice range left things that do not go away: ${describe(left)}; remove them and start again`,
  );
}

function describe(left: Leftovers): string {
  return [
    ...left.processes.map((pid) => `process ${pid}`),
    ...left.links.map((link) => `link ${link}`),
    ...left.cgroups.map((cgroup) => `cgroup ${cgroup}`),
  ].join(', ');
}
