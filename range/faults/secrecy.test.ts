import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { judgeImports } from '#test/architecture/import-rules.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** What our processes and tool servers start with, and the agents. */
const thinkers = [
  ...['activities/worker.ts', 'activities/actions-worker.ts', 'server/main.ts', 'agents/registry.ts'],
  ...['kubernetes', 'prometheus', 'alertmanager', 'logs', 'changes', 'topology', 'knowledge'].map(
    (server) => `mcp-tools/${server}/main.ts`,
  ),
];

describe("what the faults declare of themselves (the checker's own knowledge)", () => {
  let importsOf: ReadonlyMap<string, readonly string[]>;
  beforeAll(async () => {
    const { modules } = await judgeImports(repository);
    importsOf = new Map(
      modules.map(({ source, dependencies }) => [source, dependencies.map(({ resolved }) => resolved)]),
    );
  });

  /** Every file of ours that is loaded, or may be, when these are. */
  function loadedBy(entries: readonly string[]): Set<string> {
    const loaded = new Set<string>();
    const open = [...entries];
    for (let file = open.pop(); file !== undefined; file = open.pop()) {
      if (loaded.has(file) || file.startsWith('node_modules/')) continue;
      if (file.endsWith('.ts')) loaded.add(file);
      open.push(...(importsOf.get(file) ?? []));
    }
    return loaded;
  }

  it('is loaded by the checker, so that a way to it would be seen', () => {
    expect([...loadedBy(['cli/commands/range-check.ts'])]).toContain('range/faults/catalogue.ts');
    for (const entry of thinkers) expect(importsOf.has(entry), entry).toBe(true);
  });

  it('is loaded by no agent, worker, server or tool, and none of them names the place where it is', async () => {
    const loaded = [...loadedBy(thinkers)];
    expect(loaded.length).toBeGreaterThan(200);
    expect(loaded.filter((file) => file.startsWith('range/'))).toEqual([]);
    const texts = await Promise.all(
      loaded.map(async (file) => ({ file, text: await readFile(join(repository, file), 'utf8') })),
    );
    expect(texts.filter(({ text }) => /range\/(faults|check)\b/.test(text)).map(({ file }) => file)).toEqual(
      [],
    );
  });
});
