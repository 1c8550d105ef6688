import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findProgram, type Program } from './program.ts';
import { findCommand, outputOf } from './system-command.ts';

describe.skipIf((await findCommand('apt-get')) === undefined)('Debian packages', () => {
  let cacheFolder: string;
  beforeAll(async () => {
    cacheFolder = await mkdtemp(join(tmpdir(), 'debian-source-'));
  });
  afterAll(() => rm(cacheFolder, { recursive: true }));

  const hello = (packages: string[]): Program => ({
    name: 'hello',
    version: 'debian',
    sources: [{ kind: 'debian', packages, member: 'usr/bin/hello' }],
  });

  test('are unpacked into the cache and not installed', async () => {
    const found = await findProgram(hello(['hello', 'libnfnetlink0']), { cacheFolder });
    expect(found.how).toBe('debian');
    expect(await outputOf(found.path, [])).toBe('Hello, world!\n');
    expect(found.env.LD_LIBRARY_PATH).toMatch(/usr\/lib\/\S+-linux-gnu$/);
    expect(existsSync(join(found.root ?? '', 'usr/share/doc'))).toBe(false);
    expect(existsSync('/usr/bin/hello')).toBe(false);
    expect((await findProgram(hello(['hello']), { cacheFolder })).how).toBe('cache');
  });

  test('that do not exist are said by name', async () => {
    const none = { ...hello(['understudy-no-such-package']), name: 'none' };
    await expect(findProgram(none, { cacheFolder })).rejects.toThrow(/debian: .*understudy-no-such-package/s);
  });
});
