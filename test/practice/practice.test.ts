import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actorUser } from '#range/cluster/accounts.ts';
import { readWrites, tookEffect } from '#range/cluster/audit-log.ts';

const command = fileURLToPath(new URL('../../bin/understudy.mjs', import.meta.url));
const playTimeoutMs = 400_000;

type Played = { readonly code: number | null; readonly output: string };

/** Plays the practice incident as a script would, with nobody at the keyboard. */
async function play(home: string): Promise<Played> {
  const child = spawn(process.execPath, [command, 'start', '--auto-approve'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // A cluster of somebody else's, named as kubectl would find it: it must never be asked.
    env: {
      ...process.env,
      UNDERSTUDY_HOME: home,
      KUBECONFIG: join(home, 'hostile.kubeconfig'),
      NO_COLOR: '1',
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  return { code, output };
}

async function writesOfTheActor(home: string, since: Date): Promise<string[]> {
  const auditLogPath = join(home, 'range', 'cluster', 'audit', 'audit.log');
  const writes: string[] = [];
  for await (const write of readWrites({ auditLogPath, user: actorUser, since: since.toISOString() })) {
    if (tookEffect(write)) writes.push(`${write.verb} ${write.objectRef?.resource}/${write.objectRef?.name}`);
  }
  return writes;
}

/** The whole way on real parts: a fault, Prometheus, Alertmanager, five agents, a gate, one write, a verified mend, a case. */
describe.runIf(process.platform === 'linux' && process.getuid?.() === 0)('the practice incident', () => {
  let home: string;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'understudy-whole-'));
    await chmod(home, 0o711);
    await writeFile(
      join(home, 'hostile.kubeconfig'),
      'this is no kubeconfig, and nobody should have read it',
    );
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  it(
    'is found, approved by the range alone, mended by exactly one write, verified, remembered',
    async () => {
      const since = new Date();
      const { code, output } = await play(home);
      expect(code, output).toBe(0);
      expect(output).toContain('CASE');
      expect(output).toContain('application.bad-release');
      expect(await writesOfTheActor(home, since)).toEqual(['patch deployments/checkout']);
    },
    playTimeoutMs,
  );
});
