import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { identityOf } from '#machine/process-identity.ts';
import { runVitest } from './run-vitest.ts';

test('what hangs is ended in time, with what it has started, and named', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'run-vitest-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const pidFile = join(folder, 'pid');
  await writeFile(
    join(folder, 'hanging.test.ts'),
    `import { spawn } from 'node:child_process';
     import { renameSync, writeFileSync } from 'node:fs';
     test('hangs', () => {
       const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
       writeFileSync('${pidFile}.part', String(child.pid));
       renameSync('${pidFile}.part', '${pidFile}');
       return new Promise(() => {});
     }, 600_000);`,
  );
  const stop = new AbortController();
  const running = runVitest(['--root', folder, '--globals'], { signal: stop.signal });
  await expect.poll(() => existsSync(pidFile)).toBe(true);
  const child = identityOf(Number(await readFile(pidFile, 'utf8')));
  expect(child).toBeDefined();
  stop.abort();
  const { failed, failures } = await running;
  expect(failed).toBe(1);
  expect(failures).toEqual([
    { name: 'it took too long and was ended', error: 'under way was hanging.test.ts' },
  ]);
  expect(identityOf(child?.pid ?? 0)).toBeUndefined();
});
