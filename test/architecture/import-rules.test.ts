import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ICruiseResult } from 'dependency-cruiser';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { importRules, judgeImports } from './import-rules.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));

describe('the project', () => {
  let result: ICruiseResult;
  beforeAll(async () => {
    result = await judgeImports(repository);
  });

  test('is seen: every room, and the ways between them', () => {
    const sources = result.modules.map((module) => module.source);
    const ours = sources.filter((source) => source.endsWith('.ts') && !source.startsWith('node_modules'));
    expect(ours.length).toBeGreaterThan(250);
    for (const room of ['domain', 'workflows', 'activities', 'agents', 'mcp-tools', 'store', 'machine']) {
      expect(ours.filter((source) => source.startsWith(`${room}/`)).length, room).toBeGreaterThan(4);
    }
    const rooms = result.modules.find((module) => module.source === 'machine/program.ts')?.dependencies;
    expect(rooms?.map((dependency) => dependency.resolved)).toContain('domain/errors.ts');
    expect(rooms?.map((dependency) => dependency.resolved)).toContain('machine/platform.ts');
  });
});

/** For each rule a file that breaks it, and only it. */
const planted: Record<string, { file: string; code: string }> = {
  'domain: rooms': { file: 'domain/bad-room.ts', code: "import '#store/good.ts';" },
  'domain: packages': { file: 'domain/bad-package.ts', code: "import 'undici';" },
  'domain: built-ins': { file: 'domain/bad-built-in.ts', code: "import 'node:fs';" },
  'workflows: rooms': { file: 'workflows/bad-room.ts', code: "import '#store/good.ts';" },
  'workflows: types only': {
    file: 'workflows/bad-value.ts',
    code: "import { a } from '#activities/good.ts'; a();",
  },
  'workflows: packages': { file: 'workflows/bad-package.ts', code: "import 'undici';" },
  'workflows: built-ins': { file: 'workflows/bad-built-in.ts', code: "import 'node:crypto';" },
  'agents: rooms': { file: 'agents/bad-room.ts', code: "import '#store/good.ts';" },
  'agents: types only': { file: 'agents/bad-value.ts', code: "import { a } from '#knowledge/good.ts'; a();" },
  'mcp-tools/knowledge/main.ts: rooms': {
    file: 'mcp-tools/knowledge/main.ts',
    code: "import '#agents/good.ts';",
  },
  'mcp-tools/kubernetes-actions/main.ts: rooms': {
    file: 'mcp-tools/kubernetes-actions/main.ts',
    code: "import '#agents/good.ts';",
  },
  'mcp-tools: rooms': { file: 'mcp-tools/bad-room.ts', code: "import '#store/good.ts';" },
  'knowledge: rooms': { file: 'knowledge/bad-room.ts', code: "import '#agents/good.ts';" },
  'store/embedded: rooms': { file: 'store/embedded/bad-room.ts', code: "import '#server/good.ts';" },
  'store: rooms': { file: 'store/bad-room.ts', code: "import '#machine/good.ts';" },
  'activities/(actions-)?worker.ts: rooms': {
    file: 'activities/worker.ts',
    code: "import '#range/good.ts';",
  },
  'activities: rooms': { file: 'activities/bad-room.ts', code: "import '#workflows/good.ts';" },
  'server/main.ts: rooms': { file: 'server/main.ts', code: "import '#activities/good.ts';" },
  'server: rooms': { file: 'server/bad-room.ts', code: "export * from '#machine/good.ts';" },
  'machine: rooms': { file: 'machine/bad-room.ts', code: "import '#range/good.ts';" },
  'temporal-dev: rooms': { file: 'temporal-dev/bad-room.ts', code: "await import('#store/good.ts');" },
  'range: rooms': { file: 'range/bad-room.ts', code: "import type { A } from '#agents/good.ts';" },
  'cli/(up|diagnose|analyze|eval|bundle): rooms': {
    file: 'cli/up/bad-room.ts',
    code: "import '#test/good.ts';",
  },
  'cli: rooms': { file: 'cli/bad-room.ts', code: "import '#store/good.ts';" },
  'cli: types only': { file: 'cli/bad-value.ts', code: "import { a } from '#server/good.ts'; a();" },
  'console: rooms': { file: 'console/bad-room.ts', code: "import '#domain/good.ts';" },
  'console: types only': { file: 'console/bad-value.ts', code: "import { a } from '#server/good.ts'; a();" },
  resolvable: { file: 'machine/bad-path.ts', code: "import './nowhere.ts';" },
  declared: { file: 'machine/bad-package.ts', code: "import 'brought-along';" },
  'no-dev-dependency': { file: 'machine/bad-dev-package.ts', code: "import 'vitest';" },
};

/** What is allowed, however near it is to what is not. */
const allowed: Record<string, string> = {
  'workflows/good.ts': "import type { A } from '#activities/good.ts'; import '@temporalio/workflow';",
  'agents/good.ts': "import type { A } from '#knowledge/good.ts'; export type A = 1;",
  'activities/good.ts': "import '#workflows/contracts.ts'; export type A = 1; export const a = () => 1;",
  'activities/actions-worker.ts': "import '#machine/good.ts'; import '#store/good.ts';",
  'server/good.ts': "import '#knowledge/good.ts'; export const a = () => 1;",
  'store/embedded/good.ts': "import '#machine/good.ts';",
  'store/good.test.ts': "import 'vitest'; import '#test/good.ts';",
  'cli/up/good.ts': "import '#store/good.ts'; import '#activities/good.ts';",
  'cli/good.ts': "import type { A } from '#server/good.ts'; import '#range/good.ts';",
  'machine/good.ts': "import 'node:fs'; import 'undici'; import '#domain/good.ts';",
};

describe('the rules', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'import-rules-'));
    await writeProject(folder);
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('each have a planted violation', () => {
    expect(Object.keys(planted).toSorted()).toEqual(importRules.map((rule) => rule.name).toSorted());
  });

  test('each find theirs, and nothing else', async () => {
    const { summary } = await judgeImports(folder);
    const found = summary.violations.map(({ rule, from }) => `${from} breaks ${rule.name}`);
    const expected = Object.entries(planted).map(([name, { file }]) => `${file} breaks ${name}`);
    expect(found.toSorted()).toEqual(expected.toSorted());
  });
});

async function writeProject(folder: string): Promise<void> {
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  await write('package.json', await readFile(join(repository, 'package.json'), 'utf8'));
  for (const name of ['undici', 'vitest', 'zod', '@temporalio/workflow', 'brought-along']) {
    await write(`node_modules/${name}/package.json`, JSON.stringify({ name, main: 'index.js' }));
    await write(`node_modules/${name}/index.js`, '');
  }
  for (const room of ['domain', 'knowledge', 'store', 'range', 'test']) {
    await write(`${room}/good.ts`, 'export type A = 1; export const a = () => 1;');
  }
  await write('workflows/contracts.ts', '');
  for (const [file, code] of Object.entries(allowed)) await write(file, code);
  for (const { file, code } of Object.values(planted)) await write(file, code);
}
