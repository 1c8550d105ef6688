import { randomUUID } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { cgroupsNamed, cgroupVersion, createCgroup, removeCgroup } from './cgroups.ts';

const isRoot = process.platform === 'linux' && process.getuid?.() === 0;

it.runIf(isRoot)('a node gets the share of a few processes, and leaves nothing behind', async () => {
  const name = `us-test-${randomUUID()}`;
  await createCgroup(name);
  try {
    const [tree, file, oneProcess] =
      (await cgroupVersion()) === 2 ? ['', 'cpu.weight', 100] : ['cpu/', 'cpu.shares', 1024];
    const share = Number(await readFile(`/sys/fs/cgroup/${tree}${name}/${file}`, 'utf8'));
    expect(share / oneProcess).toBeGreaterThan(1);
    expect(share / oneProcess).toBeLessThan(10);
  } finally {
    expect(await removeCgroup(name)).toBe(true);
  }
  expect(await cgroupsNamed(name)).toEqual([]);
});

/** What a machine with both versions has beside the trees of its controllers. */
const unified = '/sys/fs/cgroup/unified';
const isHybrid = await stat(unified).then(
  () => true,
  () => false,
);

it.runIf(isRoot && isHybrid)(
  'what containers leave in the tree without controllers is found and removed',
  async () => {
    const name = `us-test-${randomUUID()}`;
    await mkdir(`${unified}/${name}/pod`, { recursive: true });
    expect(await cgroupsNamed(name)).toEqual([name]);
    expect(await removeCgroup(name)).toBe(true);
    expect(await cgroupsNamed(name)).toEqual([]);
  },
);
