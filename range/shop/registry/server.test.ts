import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { buildImage, imageManifestSchema } from '../../images/build-image.ts';
import { createRegistry } from './server.ts';

let folder: string;
let server: Server;
let url: string;

function build(tag: string, content: string): Promise<string> {
  const layers = [[{ path: '/hello', content }]];
  return buildImage({ ref: `localhost:5000/tools/hello:${tag}`, entrypoint: ['/hello'], layers }, folder);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'registry-'));
  await build('1.0', 'one');
  await build('1.1', 'two');
  server = createRegistry(folder, (error) => {
    throw error;
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = z.object({ port: z.int() }).parse(server.address());
  url = `http://127.0.0.1:${port}/v2`;
});

afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

describe('the registry', () => {
  it('hands out an image by its tag: the manifest, then every blob of it, each as its digest says', async () => {
    const answer = await fetch(`${url}/tools/hello/manifests/1.1`);
    const text = await answer.text();
    expect(answer.headers.get('docker-content-digest')).toBe(
      `sha256:${createHash('sha256').update(text).digest('hex')}`,
    );
    expect(answer.headers.get('content-type')).toBe('application/vnd.oci.image.manifest.v1+json');
    const manifest = imageManifestSchema.parse(JSON.parse(text));
    for (const { digest, size } of [manifest.config, ...manifest.layers]) {
      const blob = Buffer.from(await (await fetch(`${url}/tools/hello/blobs/${digest}`)).arrayBuffer());
      expect(blob.length).toBe(size);
      expect(`sha256:${createHash('sha256').update(blob).digest('hex')}`).toBe(digest);
    }
  });

  it('knows no tag, repository or blob that is not there, and says so as registries do', async () => {
    const codes: unknown[] = [];
    for (const path of [
      'tools/hello/manifests/1.2',
      'hello/manifests/1.1',
      `tools/hello/blobs/sha256:${'0'.repeat(64)}`,
    ]) {
      const answer = await fetch(`${url}/${path}`);
      expect(answer.status).toBe(404);
      codes.push(await answer.json());
    }
    expect(codes).toMatchObject(
      ['MANIFEST_UNKNOWN', 'MANIFEST_UNKNOWN', 'BLOB_UNKNOWN'].map((code) => ({ errors: [{ code }] })),
    );
    expect((await fetch(`${url}/`)).status).toBe(200);
    expect((await fetch(`${url}/tools/hello/blobs/..%2F..%2Fetc`)).status).toBe(404);
    expect((await fetch(`${url}/tools/hello/manifests/1.1`, { method: 'PUT' })).status).toBe(405);
  });

  it('means the image built last by a tag', async () => {
    const head = async (): Promise<string | null> =>
      (await fetch(`${url}/tools/hello/manifests/1.1`, { method: 'HEAD' })).headers.get(
        'docker-content-digest',
      );
    const before = await head();
    await build('1.1', 'two, mended');
    expect(await head()).not.toBe(before);
  });
});
