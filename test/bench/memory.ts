import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { runFolder } from '#machine/state-folder.ts';
import { checkFaults, practiceTimes } from '#range/check/check-faults.ts';
import { faultNamed } from '#range/faults/catalogue.ts';
import { print, rounded } from './figures.ts';
import type { PracticeInstance } from './practice-instance.ts';

const processes = ['server', 'worker', 'actions'] as const;
const faultName = 'bad-release';
const pidSchema = z.object({ pid: z.int() });

async function pidOf(stateFolder: string, name: (typeof processes)[number]): Promise<number> {
  const text = await readFile(join(runFolder(stateFolder), `${name}.pid`), 'utf8');
  return pidSchema.parse(JSON.parse(text)).pid;
}

/** VmHWM of proc_pid_status(5): the most memory that was ever resident, in MB of 1024 kB × 1024. */
async function peakMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

/** The most memory that each of our processes has held once an incident has gone the whole way. */
export async function measureMemory({ range, api, stateFolder, signal }: PracticeInstance): Promise<void> {
  const pids = await Promise.all(processes.map((name) => pidOf(stateFolder, name)));
  const [result] = await checkFaults({
    ...{ range, api, faults: [faultNamed(faultName)], seed: 1, renamed: false, signal },
    // What asks for everything twice a second would be measured itself.
    times: { ...practiceTimes, healthyMs: 0, pollMs: 2_000 },
  });
  const peaks = await Promise.all(pids.map(peakMb));
  const sum = rounded(
    peaks.reduce((total, peak) => total + peak, 0),
    0,
  );
  const how = `VmHWM after one incident (${faultName}) on the practice range, ${result?.mended ? 'mended and verified' : `NOT mended: ${result?.detail}`}; the three together ${sum} MB`;
  for (const [index, name] of processes.entries()) {
    const value = rounded(peaks[index] ?? Number.NaN, 0);
    print({ name: `memory.${name}_mb`, value, unit: 'MB', aim: 'server + worker + actions < 700', how });
  }
}
