import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
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
