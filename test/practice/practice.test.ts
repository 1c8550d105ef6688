import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actorWrites, describeWrite } from '#test/setup/actor-writes.ts';
import { type Played, playedBy } from '#test/setup/practice-play.ts';

const command = fileURLToPath(new URL('../../bin/understudy.mjs', import.meta.url));
const playTimeoutMs = 400_000;

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
  return playedBy(child);
}

const auditLogIn = (home: string) => join(home, 'range', 'cluster', 'audit', 'audit.log');

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
      const writes = await actorWrites(auditLogIn(home), since);
      expect(writes.map(describeWrite)).toEqual(['patch deployments/checkout']);
    },
    playTimeoutMs,
  );
});
