import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';
import { callDirectly, type DirectCaller } from '../../runtime/call-directly.ts';
import { type Bundle, openBundle } from '../open-bundle.ts';
import { toolsOfBundle } from '../tools.ts';

export const capturedAt = '2026-03-04T10:20:00Z';

/** Files by path: text as it is, anything else as JSON; a path that ends with `.gz` is compressed. */
export type BundleContents = Readonly<Record<string, unknown>>;

export const plainInfo = {
  format: 'understudy-evidence/1',
  cluster: 'lab',
  namespaces: ['库房'],
  capturedAt,
};

/** Writes a bundle into a folder that is removed after the test; `bundle.json` is there unless it is given. */
export async function writeBundle(contents: BundleContents): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bundle-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries({ 'bundle.json': plainInfo, ...contents })) {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, path.endsWith('.gz') ? gzipSync(text) : text);
  }
  return folder;
}

export async function makeBundle(contents: BundleContents): Promise<Bundle> {
  return openBundle(await writeBundle(contents));
}

/** A caller of every tool over a bundle. */
export async function toolsOver(contents: BundleContents): Promise<DirectCaller> {
  const signal = new AbortController().signal;
  return callDirectly(toolsOfBundle(await makeBundle(contents)), { asOf: capturedAt, signal });
}

/** A `v1 List`, as kubectl prints it. */
export function listOf(...items: readonly unknown[]): unknown {
  return { apiVersion: 'v1', kind: 'List', items };
}
