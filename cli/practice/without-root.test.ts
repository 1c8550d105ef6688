import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actorUser } from '#range/cluster/accounts.ts';
import { readWrites, tookEffect } from '#range/cluster/audit-log.ts';

const command = fileURLToPath(new URL('../../bin/understudy.mjs', import.meta.url));
const playTimeoutMs = 400_000;
/** Somebody who owns these files and may do nothing else. */
const unprivileged = ['--user', '--map-user=1000', '--map-group=1000', '--'];

describe.runIf(process.platform === 'linux' && process.getuid?.() === 0)('without root', () => {
  let home: string;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'understudy-api-'));
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  it(
    'a fault is found, mended and remembered on a cluster whose nodes and pods are simulated',
    async () => {
      const since = new Date().toISOString();
      const play = [process.execPath, command, 'start', '--auto-approve'];
      const child = spawn('unshare', [...unprivileged, ...play], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, UNDERSTUDY_HOME: home, XDG_RUNTIME_DIR: join(home, 'runtime'), NO_COLOR: '1' },
      });
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => {
          output += text;
        });
      const [code] = await once(child, 'exit');
      expect(code, output).toBe(0);
      expect(output).toContain('nodes and pods are simulated');
      expect(output).toContain('image.bad-reference');
      expect(output).toContain('CASE');
      const auditLogPath = join(home, 'range', 'cluster', 'audit', 'audit.log');
      const writes: string[] = [];
      for await (const write of readWrites({ auditLogPath, user: actorUser, since }))
        if (tookEffect(write)) writes.push(`${write.verb} ${write.objectRef?.resource}`);
      expect(writes).toEqual(['patch deployments']);
    },
    playTimeoutMs,
  );
});
