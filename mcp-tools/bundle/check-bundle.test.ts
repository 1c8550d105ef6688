import { describe, expect, it } from 'vitest';
import { checkBundle } from './check-bundle.ts';
import { listOf, plainInfo, writeBundle } from './testing/make-bundle.ts';

const { signal } = new AbortController();

describe('a check of a bundle', () => {
  it('finds nothing in one that is in order, however little it holds', async () => {
    expect(await checkBundle(await writeBundle({}), signal)).toEqual({ files: 1, problems: [], ignored: [] });
  });

  it('does not take what was said to be missing for malformed', async () => {
    const folder = await writeBundle({ 'bundle.json': { ...plainInfo, gaps: ['logs: none were kept'] } });
    expect((await checkBundle(folder, signal)).problems).toEqual([]);
  });

  it('names every file that is malformed, with the place', async () => {
    const folder = await writeBundle({
      'alert.json': { alerts: [] },
      'kubernetes/pods.json': '{"items": [}',
      'changes.json': [{ id: 'a', at: '2026-01-01T00:00:00Z', kind: 'wish', summary: '' }],
      'metrics/a.om': 'load{ 1 2\n# EOF\n',
      'traces/a.ndjson': '{}\n',
      'cloud/any.json': { resources: [{ id: 'x' }] },
      'kubernetes/manifests/a.yaml': 'kind: [',
      'topology.json': { edges: [{ from: 'a' }] },
      'hosts/n/units.json': { unit: 'x' },
    });
    const { problems } = await checkBundle(folder, signal);
    for (const path of [
      'alert.json: alerts',
      'kubernetes/pods.json: line 1, column 12',
      'changes.json: left out items that do not fit: item 1: kind',
      'metrics/a.om: lines that are no sample (line 1)',
      'traces/a.ndjson: left out lines that do not fit: line 1: traceId',
      'cloud/any.json: left out resources.0: type',
      'kubernetes/manifests/a.yaml: ',
      'topology.json: edges.0.to',
      'hosts/n/units.json: ',
    ]) {
      expect(
        problems.filter((problem) => problem.startsWith(path)),
        path,
      ).toHaveLength(1);
    }
  });

  it('tells of files that the format does not know, and of Secrets that hold values', async () => {
    const folder = await writeBundle({
      'screenshot.png': '…',
      'kubernetes/secrets.json': listOf(
        { kind: 'Secret', metadata: { name: 'open', namespace: 'n' }, data: { key: 'c2VzYW1l' } },
        { kind: 'Secret', metadata: { name: 'shut', namespace: 'n' }, data: { key: '' } },
      ),
    });
    const { problems, ignored } = await checkBundle(folder, signal);
    expect(ignored).toEqual(['screenshot.png']);
    expect(problems).toEqual([expect.stringContaining('Secret open holds values')]);
    expect(JSON.stringify(problems)).not.toContain('c2VzYW1l');
  });
});
