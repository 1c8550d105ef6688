import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { sourcesHash, workflowBundle } from './workflow-bundle.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'workflow-bundle-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

test('is made once for the same sources, and takes the place of an older one', async () => {
  const folder = join(await newFolder(), 'workflows');
  await mkdir(folder);
  await writeFile(join(folder, 'of-yesterday.js'), '');
  const { codePath } = await workflowBundle(folder);
  expect(await readFile(codePath, 'utf8')).toContain('incidentWorkflow');
  const [only, ...more] = await readdir(folder);
  expect([join(folder, only ?? ''), ...more]).toEqual([codePath]);
  const before = await stat(codePath);
  expect(await workflowBundle(folder)).toEqual({ codePath });
  expect((await stat(codePath)).mtimeMs).toBe(before.mtimeMs);
});

test.each([
  ['workflows/incident.ts', true],
  ['domain/policy/policy.ts', true],
  ['package-lock.json', true],
  ['workflows/incident.test.ts', false],
])('a change of %s makes it another one: %s', async (file, isAnother) => {
  const root = await newFolder();
  for (const part of ['workflows', 'domain', 'package-lock.json'])
    await cp(join(repository, part), join(root, part), { recursive: true });
  const before = await sourcesHash(root);
  expect(await sourcesHash(root)).toBe(before);
  await writeFile(join(root, file), '// changed');
  expect((await sourcesHash(root)) !== before).toBe(isAnother);
});

test('where it cannot be made, the error says why', async () => {
  const folder = await newFolder();
  const file = join(folder, 'no-folder');
  await writeFile(file, '');
  await expect(workflowBundle(join(file, 'workflows'))).rejects.toThrow(/ENOTDIR|EEXIST/);
});
