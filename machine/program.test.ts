import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { errorCodeOf } from '#domain/errors.ts';
import { type FindProgramOptions, findProgram, locateProgram, type Program } from './program.ts';
import { outputOf } from './system-command.ts';
import { type ReleaseHost, startReleaseHost } from './testing/release-host.ts';

let folder: string;
let host: ReleaseHost;
let options: FindProgramOptions;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'program-'));
  host = await startReleaseHost();
  // A PATH with nothing of this machine, and no proxy between us and the host.
  options = { cacheFolder: join(folder, 'cache'), env: { PATH: join(folder, 'bin') } };
});
afterEach(async () => {
  await host.close();
  await rm(folder, { recursive: true });
});

const script = '#!/bin/sh\necho greeter 2.1\n';
const sha256 = (data: Buffer | string) => createHash('sha256').update(data).digest('hex');

/** A program that is released as one file. */
function greeter(changes: Partial<Program> = {}): Program {
  return {
    name: 'greeter',
    version: '2.1',
    variable: 'GREETER_PATH',
    sources: [
      {
        kind: 'download',
        url: ({ os, arch }) => `${host.url}/greeter-${os}-${arch}`,
        checksumUrl: () => `${host.url}/sums`,
      },
    ],
    ...changes,
  };
}

const releaseName = `greeter-${process.platform}-${process.arch === 'x64' ? 'amd64' : 'arm64'}`;

function release(body: Buffer | string, sums: string): void {
  host.answers.set(`/${releaseName}`, { body });
  host.answers.set('/sums', { body: sums });
}

describe('what is there already', () => {
  test('a binary given by its variable comes first, and is not judged by version', async () => {
    const own = join(folder, 'own-greeter');
    await writeFile(own, script, { mode: 0o755 });
    const env = { ...options.env, GREETER_PATH: own };
    expect(await findProgram(greeter(), { ...options, env })).toMatchObject({ how: 'given', path: own });
    expect(host.asked).toEqual([]);
  });

  test('a variable that names nothing is an error, never a silent download', async () => {
    const env = { ...options.env, GREETER_PATH: join(folder, 'nothing') };
    const finding = findProgram(greeter(), { ...options, env });
    await expect(finding).rejects.toThrow('GREETER_PATH names');
    expect(errorCodeOf(await finding.catch((error) => error))).toBe('configuration');
  });

  test('what is on PATH is used when its version fits, and only then', async () => {
    await mkdir(join(folder, 'bin'));
    await writeFile(join(folder, 'bin', 'greeter'), script, { mode: 0o755 });
    const onPath = (wanted: string) => ({
      onPath: { versionArgs: ['--version'], fits: (output: string) => output.includes(wanted) },
    });
    expect(await locateProgram(greeter(onPath('2.1')), options)).toMatchObject({ how: 'path' });
    expect(await locateProgram(greeter(onPath('3.0')), options)).toBeUndefined();
    expect(await locateProgram(greeter(), options)).toBeUndefined();
  });

  test('looking does not fetch', async () => {
    release(script, sha256(script));
    expect(await locateProgram(greeter(), options)).toBeUndefined();
    expect(host.asked).toEqual([]);
  });
});

describe('an official download', () => {
  test('is kept when its checksum fits, and found in the cache afterwards', async () => {
    release(script, `${sha256('other')}  other\n${sha256(script)}  ./${releaseName}\n`);
    const found = await findProgram(greeter(), options);
    expect(found).toMatchObject({ how: 'download' });
    expect(await outputOf(found.path, [])).toBe('greeter 2.1\n');
    const asked = host.asked.length;
    expect(await findProgram(greeter(), options)).toMatchObject({ how: 'cache', path: found.path });
    expect(host.asked).toHaveLength(asked);
  });

  test('may be a redirect, a bare sum and a SHA-512', async () => {
    release(script, `${createHash('sha512').update(script).digest('hex')}\n`);
    host.answers.set(`/${releaseName}`, { redirect: '/mirror' });
    host.answers.set('/mirror', { body: script });
    expect(await findProgram(greeter(), options)).toMatchObject({ how: 'download' });
  });

  test('may be an archive, whose other files come along', async () => {
    const archive = pack();
    archive.entry({ name: 'greeter-2.1/bin/greeter', mode: 0o755 }, script);
    archive.entry({ name: 'greeter-2.1/bin/hello', type: 'symlink', linkname: 'greeter' });
    archive.entry({ name: 'greeter-2.1/words.txt' }, 'hello');
    archive.finalize();
    const body = gzipSync(await buffer(archive));
    host.answers.set('/greeter.tar.gz', { body });
    host.answers.set('/sums', { body: `${sha256(body)}  greeter.tar.gz` });
    const found = await findProgram(
      greeter({
        sources: [
          {
            kind: 'download',
            url: () => `${host.url}/greeter.tar.gz`,
            checksumUrl: () => `${host.url}/sums`,
            archiveMember: () => 'greeter-2.1/bin/greeter',
          },
        ],
      }),
      options,
    );
    expect(await outputOf(found.path, [])).toBe('greeter 2.1\n');
    expect(await outputOf(join(found.path, '..', 'hello'), [])).toBe('greeter 2.1\n');
    expect(found.root).toBe(join(found.path, '..', '..', '..', '..'));
  });

  test.each([
    ['has another checksum', () => release('tampered', `${sha256(script)}  ${releaseName}`), 'checksum'],
    ['is not in the list of checksums', () => release(script, `${sha256(script)}  other`), 'no checksum for'],
    [
      'breaks off',
      () => {
        release(script, sha256(script));
        host.answers.set(`/${releaseName}`, { truncated: Buffer.alloc(100_000, script) });
      },
      'broke off',
    ],
    ['is not there', () => undefined, 'answered 404'],
  ])('that %s is not used, and leaves nothing', async (_what, prepare, message) => {
    prepare();
    const finding = findProgram(greeter(), options);
    await expect(finding).rejects.toThrow(message);
    await expect(finding).rejects.toThrow('set GREETER_PATH to a binary of your own');
    expect(errorCodeOf(await finding.catch((error) => error))).toBe('program-missing');
    const left = await readdir(join(folder, 'cache', 'programs', 'greeter', '2.1'));
    expect(left.filter((name) => !name.endsWith('.lock'))).toEqual([]);
  });

  test('from a host that cannot be reached is given up, and the next source is tried', async () => {
    await mkdir(join(folder, 'bin'));
    const other = greeter().sources;
    release(script, sha256(script));
    const found = await findProgram(
      greeter({
        sources: [
          // TEST-NET-1 (RFC 5737): nobody answers there.
          { kind: 'download', url: () => 'http://192.0.2.1/x', checksumUrl: () => 'http://192.0.2.1/sums' },
          { kind: 'download', url: () => 'http://a.invalid/x', checksumUrl: () => 'http://a.invalid/sums' },
          ...other,
        ],
      }),
      options,
    );
    expect(found.how).toBe('download');
  });

  test('can be stopped', async () => {
    release(script, sha256(script));
    const finding = findProgram(greeter(), { ...options, signal: AbortSignal.abort(new Error('enough')) });
    await expect(finding).rejects.toThrow('enough');
  });
});

describe('the cache', () => {
  async function cached(): Promise<string> {
    release(script, sha256(script));
    return (await findProgram(greeter(), options)).path;
  }

  test('notices a program that was changed, and fetches it anew', async () => {
    const path = await cached();
    await writeFile(path, script.replace('2.1', '6.6'));
    expect(await locateProgram(greeter(), options)).toBeUndefined();
    const found = await findProgram(greeter(), options);
    expect(found.how).toBe('download');
    expect(await outputOf(found.path, [])).toBe('greeter 2.1\n');
  });

  test('trusts one that was only touched, by its content', async () => {
    const path = await cached();
    await utimes(path, new Date(), new Date());
    expect(await locateProgram(greeter(), options)).toMatchObject({ how: 'cache' });
  });

  test('does not take a program of another version', async () => {
    await cached();
    expect(await locateProgram(greeter({ version: '2.2' }), options)).toBeUndefined();
  });

  test('does without what a killed process left half done', async () => {
    const path = await cached();
    const entry = join(path, '..');
    await rm(entry, { recursive: true });
    const half = `${entry}.0000.filling`;
    await mkdir(half);
    await writeFile(join(half, 'greeter'), 'half');
    await chmod(join(half, 'greeter'), 0o755);
    expect(await findProgram(greeter(), options)).toMatchObject({ how: 'download' });
    const left = await readdir(join(entry, '..'));
    expect(left.filter((name) => name.includes('filling'))).toEqual([]);
  });
});
