import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { hostArchitecture, pauseExecutable } from './pause-executable.ts';

it.skipIf(process.platform !== 'linux')(
  'pause runs, sleeps without using time, and dies when killed',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'range-pause-'));
    const path = join(folder, 'pause');
    await writeFile(path, pauseExecutable(hostArchitecture()), { mode: 0o755 });
    const child = spawn(path, [], { stdio: 'ignore' });
    const exited = once(child, 'exit');
    try {
      await once(child, 'spawn');
      const stat = async (): Promise<string[]> =>
        (await readFile(`/proc/${child.pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
      await expect.poll(async () => (await stat())[0]).toBe('S');
      await sleep(200);
      const fields = await stat();
      expect(fields[0]).toBe('S');
      expect(Number(fields[11]) + Number(fields[12])).toBeLessThanOrEqual(1);
    } finally {
      child.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    }
    expect(await exited).toEqual([null, 'SIGKILL']);
  },
);

it('pause is a well-formed ELF file for both architectures', () => {
  for (const [architecture, machine] of [
    ['amd64', 62],
    ['arm64', 183],
  ] as const) {
    const file = pauseExecutable(architecture);
    expect(file.subarray(0, 4).toString('latin1')).toBe('\x7fELF');
    expect(file.readUInt16LE(18)).toBe(machine);
    expect(file.readBigUInt64LE(24)).toBe(0x400000n + 120n);
    expect(file.readBigUInt64LE(64 + 32)).toBe(BigInt(file.length));
    expect(file.length).toBeLessThan(160);
  }
});
