import { expect, test } from 'vitest';
import { loadRunbooks, parseRunbook } from './load-runbooks.ts';

test('the shipped runbooks are whole: at least a dozen, in both languages, each for known causes', async () => {
  const runbooks = await loadRunbooks();
  expect(runbooks.length).toBeGreaterThanOrEqual(12);
  for (const { id, title, causes, text } of runbooks) {
    expect(title, id).toMatch(/^[\x20-\x7e]+ · .*\p{Script=Han}/u);
    expect(causes.length, id).toBeGreaterThan(0);
    for (const part of ['**Look**', '**Mend**', '**Check**', '看什么', '怎么办', '验证'])
      expect(text, id).toContain(part);
    expect(Buffer.byteLength(text), id).toBeLessThan(8000);
  }
  const covered = new Set(runbooks.flatMap(({ causes }) => causes));
  expect(covered.size).toBeGreaterThan(60);
});

test('a runbook of your own needs a title, causes and a text', () => {
  const text = '---\ntitle: Disk\ncauses: [resource.disk-full]\n---\nFree some.\n';
  expect(parseRunbook('disk', text)).toEqual({
    id: 'disk',
    title: 'Disk',
    causes: ['resource.disk-full'],
    text: 'Free some.',
  });
});

test.each([
  ['no front matter', 'Free some.', /must begin with front matter/],
  ['broken YAML', '---\ntitle: [\n---\nx', /no YAML/],
  ['an unknown cause', '---\ntitle: x\ncauses: [disk.full]\n---\nx', /causes\.0/],
  ['an unknown key', '---\ntitle: x\ncause: resource.disk-full\n---\nx', /causes|cause/],
])('a runbook with %s is refused by name', (_what, text, message) => {
  expect(() => parseRunbook('mine', text)).toThrow(/runbook mine\.md/);
  expect(() => parseRunbook('mine', text)).toThrow(message);
});
