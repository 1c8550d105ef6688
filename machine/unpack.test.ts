import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { unpackTarGz } from './unpack.ts';

let outer: string;
let folder: string;
beforeEach(async () => {
  outer = await mkdtemp(join(tmpdir(), 'understudy-unpack-'));
  folder = join(outer, 'in', 'here');
});
afterEach(() => rm(outer, { recursive: true, force: true }));

type Entry = readonly [name: string, content: string] | readonly [name: string, arrow: '->', target: string];

async function unpack(entries: readonly Entry[]): Promise<void> {
  const archive = pack();
  for (const [name, content, target] of entries) {
    if (target === undefined) archive.entry({ name }, content);
    else archive.entry({ name, type: 'symlink', linkname: target });
  }
  archive.finalize();
  await unpackTarGz(archive.pipe(createGzip()), folder);
}

test('an archive that is there at once comes out whole', async () => {
  const archive = pack();
  archive.entry({ name: 'a/', type: 'directory' });
  archive.entry({ name: 'a/one' }, 'one');
  archive.finalize();
  const bytes = await buffer(archive.pipe(createGzip()));
  for (let time = 0; time < 20; time += 1) {
    const place = join(outer, `at-once-${time}`);
    await unpackTarGz(Readable.from([bytes]), place);
    expect(await readFile(join(place, 'a/one'), 'utf8')).toBe('one');
  }
});

test('files, folders and links inside come out as they were', async () => {
  await unpack([
    ['lib/v1/tool', 'one'],
    ['lib/current', '->', './v1'],
    ['bin/tool', '->', '../lib/current/tool'],
    ['bin/later', '->', '../lib/later/tool'],
    ['lib/later/tool', 'two'],
  ]);
  expect(await readFile(join(folder, 'bin/tool'), 'utf8')).toBe('one');
  expect(await readFile(join(folder, 'bin/later'), 'utf8')).toBe('two');
});

test.each<[string, Entry[]]>([
  ['a path', [['../evil.txt', 'x']]],
  [
    'a link',
    [
      ['l', '->', '..'],
      ['l/evil.txt', 'x'],
    ],
  ],
  [
    'an absolute link',
    [
      ['l', '->', '/tmp'],
      ['l/evil.txt', 'x'],
    ],
  ],
  [
    'a link over a link',
    [
      ['a/b/c/one', '1'],
      ['a/b/c/up', '->', '../../..'],
      ['a/b/c/up/x', '->', '../..'],
      ['x/evil.txt', 'x'],
    ],
  ],
  [
    'a link that a folder was made of later',
    [
      ['d/one', '1'],
      ['d/a', '->', 's/../../t'],
      ['d/s', '->', '..'],
      ['d/a/evil.txt', 'x'],
    ],
  ],
])('%s that leads out writes nothing outside', async (_, entries) => {
  // Some are refused, and some come to lie inside: either will do.
  await unpack(entries).catch((error: unknown) => expect(error).toBeInstanceOf(Error));
  for (const place of [outer, join(outer, 'in'), tmpdir()]) {
    expect(existsSync(join(place, 'evil.txt')), place).toBe(false);
    expect(existsSync(join(place, 't')), place).toBe(false);
  }
});
