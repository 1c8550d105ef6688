import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLogger } from './logger.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'logger-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('a line is one JSON object with the time, the level and what it is about, and no secret', async () => {
  const file = join(folder, 'log', 'worker.log');
  const log = createLogger({ name: 'worker', file });
  log
    .child({ incidentId: 'i-1', traceId: 't-1' })
    .info(
      { token: 'hush', headers: { authorization: 'Bearer hush' }, databaseUrl: 'postgres://u:hush@h/d' },
      'a turn was taken',
    );
  log.error({ err: new Error('no luck') }, 'failed');
  const [first = '', second = ''] = (await readFile(file, 'utf8')).trim().split('\n');
  expect(JSON.parse(first)).toMatchObject({
    level: 'info',
    name: 'worker',
    incidentId: 'i-1',
    traceId: 't-1',
    msg: 'a turn was taken',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
  });
  expect(first).not.toContain('hush');
  expect(JSON.parse(second)).toMatchObject({ level: 'error', err: { message: 'no luck' } });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test('a log that has grown large is put aside at the next start', async () => {
  const file = join(folder, 'worker.log');
  await writeFile(file, Buffer.alloc(21 * 1024 * 1024));
  createLogger({ name: 'worker', file }).info('new');
  expect((await stat(file)).size).toBeLessThan(1_000);
  expect((await stat(`${file}.1`)).size).toBe(21 * 1024 * 1024);
});
