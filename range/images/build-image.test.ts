import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { extract } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { blobPath, buildImage, type ImageRequest, imageManifestSchema } from './build-image.ts';
import { archiveOf, readImage } from './image-archive.ts';
import { librariesIn, nodeLayer, nodePathInImage } from './node-layer.ts';

const run = promisify(execFile);
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'range-images-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const base = [{ path: '/base/data', content: 'the same in every version' }];

function version(tag: string): ImageRequest {
  return {
    ref: `shop.local/checkout:${tag}`,
    entrypoint: ['/usr/local/bin/node', '/app/main.ts'],
    env: { VERSION: tag },
    layers: [base, [{ path: '/app/main.ts', content: `export const version = '${tag}';\n` }]],
  };
}

async function entriesOf(
  indexPath: string,
  alreadyThere?: ReadonlySet<string>,
): Promise<Map<string, Buffer>> {
  const entries = new Map<string, Buffer>();
  for await (const entry of archiveOf(await readImage(indexPath), alreadyThere).pipe(extract())) {
    entries.set(entry.header.name, await buffer(Readable.from(entry)));
  }
  return entries;
}

describe('an image', () => {
  it('is an archive in which every blob has the digest that names it', async () => {
    const entries = await entriesOf(await buildImage(version('1.0.0'), folder));
    expect(JSON.parse(entries.get('oci-layout')?.toString() ?? '')).toEqual({ imageLayoutVersion: '1.0.0' });
    const blobs = [...entries].filter(([name]) => name.startsWith('blobs/sha256/'));
    expect(blobs).toHaveLength(4);
    for (const [name, data] of blobs) {
      expect(name).toBe(`blobs/sha256/${createHash('sha256').update(data).digest('hex')}`);
    }
  });

  it('shares its lower layer with another version and leaves out what the node has', async () => {
    const first = await readImage(await buildImage(version('1.0.0'), folder));
    const secondPath = await buildImage(version('1.0.1'), folder);
    const second = await readImage(secondPath);
    expect(second.digest).not.toBe(first.digest);
    expect(second.blobDigests[0]).toBe(first.blobDigests[0]);
    expect(await readdir(join(folder, 'blobs', 'sha256'))).toHaveLength(7);
    const entries = await entriesOf(secondPath, new Set(first.blobDigests));
    expect([...entries.keys()].filter((name) => name.startsWith('blobs/'))).toHaveLength(3);
  });

  it('is the same image when it is built again, and another one when a file changed', async () => {
    const source = join(folder, 'main.ts');
    const request = { ...version('1.0.0'), layers: [[{ path: '/app/main.ts', source }]] };
    await writeFile(source, 'one');
    const first = await buildImage(request, folder);
    expect(await buildImage(request, folder)).toBe(first);
    await writeFile(source, 'two!');
    expect(await buildImage(request, folder)).not.toBe(first);
  });

  it('keeps modes, links and parent folders of its files', async () => {
    const image = await readImage(
      await buildImage(
        {
          ref: 'shop.local/modes:1',
          entrypoint: ['/opt/tool'],
          layers: [
            [
              { path: '/opt/deep/tool', content: '#!', mode: 0o755 },
              { path: '/opt/tool', linkTo: 'deep/tool' },
              { path: '/tmp', folder: true, mode: 0o1777 },
            ],
          ],
        },
        folder,
      ),
    );
    const layer = blobPath(folder, image.blobDigests[0] ?? '');
    const { stdout } = await run('tar', ['-tvf', layer]);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => line.replaceAll(/\s+/g, ' '));
    expect(lines.map((line) => line.split(' ')[0])).toEqual([
      'drwxr-xr-x',
      'drwxr-xr-x',
      '-rwxr-xr-x',
      'lrwxrwxrwx',
      'drwxrwxrwt',
    ]);
  });
});

describe('the layer with Node', () => {
  it('reads what ldd prints', () => {
    expect(
      librariesIn(
        '\tlinux-vdso.so.1 (0x00007ffc)\n\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f)\n\t/lib64/ld-linux-x86-64.so.2 (0x00007f)\n',
      ),
    ).toEqual(['/lib/x86_64-linux-gnu/libm.so.6', '/lib64/ld-linux-x86-64.so.2']);
  });

  it.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0)(
    'is complete: Node runs TypeScript with nothing else around it',
    async () => {
      const image = await readImage(
        await buildImage(
          {
            ref: 'shop.local/node:1',
            entrypoint: [nodePathInImage],
            layers: [
              await nodeLayer(),
              [{ path: '/main.ts', content: 'const n: number = 42; process.stdout.write(String(n));' }],
            ],
          },
          folder,
        ),
      );
      const manifest = imageManifestSchema.parse(
        JSON.parse(await readFile(blobPath(folder, image.digest), 'utf8')),
      );
      const root = join(folder, 'root');
      await run('mkdir', [root]);
      for (const layer of manifest.layers)
        await run('tar', ['-C', root, '-xf', blobPath(folder, layer.digest)]);
      expect((await stat(join(root, 'tmp'))).mode & 0o7777).toBe(0o1777);
      const { stdout } = await run('chroot', [root, nodePathInImage, '/main.ts'], {
        env: { PATH: process.env.PATH },
      });
      expect(stdout).toBe('42');
    },
  );
});
