import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openBundle } from './open-bundle.ts';
import { makeBundle, plainInfo, writeBundle } from './testing/make-bundle.ts';

const noteSchema = z.object({ name: z.string() });

describe('a bundle', () => {
  it('is what bundle.json says, with unknown fields ignored', async () => {
    const bundle = await makeBundle({
      'bundle.json': { ...plainInfo, colour: 'green', gaps: ['logs: none'] },
    });
    expect(bundle.info).toEqual({ ...plainInfo, gaps: ['logs: none'] });
  });

  it('is refused without bundle.json, saying so', async () => {
    const folder = await writeBundle({});
    await expect(openBundle(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'not-found' });
  });

  it('reads compressed files under their plain names', async () => {
    const bundle = await makeBundle({ 'monitors.json.gz': [{ name: 'a' }] });
    expect(bundle.paths).toContain('monitors.json');
    expect(await bundle.array('monitors.json', noteSchema)).toEqual({ items: [{ name: 'a' }], gaps: [] });
  });

  it('answers undefined for a file that is not there, and an empty list for an empty one', async () => {
    const bundle = await makeBundle({ 'monitors.json': [] });
    expect(await bundle.array('monitors.json', noteSchema)).toEqual({ items: [], gaps: [] });
    expect(await bundle.array('probes.json', noteSchema)).toBeUndefined();
  });

  it('does not follow links: they may lead out of it', async () => {
    const folder = await writeBundle({});
    await symlink('/etc/hostname', join(folder, 'notes.md'));
    expect((await openBundle(folder)).paths).toEqual(['bundle.json']);
  });
});

describe('what is malformed', () => {
  it('is named with its file, line and column', async () => {
    const bundle = await makeBundle({ 'monitors.json': '[\n  {"name": "a"},\n  {"name": }\n]' });
    await expect(bundle.array('monitors.json', noteSchema)).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(/^monitors\.json: line 3, column 12: not JSON/),
    });
  });

  it('is named with the end of the file where it is cut off', async () => {
    const bundle = await makeBundle({ 'monitors.json': '[\n  {"name": "a"' });
    await expect(bundle.array('monitors.json', noteSchema)).rejects.toThrow(
      /^monitors\.json: line 2, column 15/,
    );
  });

  it('is refused in bundle.json, with the field', async () => {
    const folder = await writeBundle({ 'bundle.json': { ...plainInfo, capturedAt: 'yesterday' } });
    await expect(openBundle(folder)).rejects.toThrow(/^bundle\.json: capturedAt: /);
  });

  it('costs only the items that do not fit', async () => {
    const bundle = await makeBundle({ 'monitors.json': [{ name: 'a' }, { name: 7 }, { name: 'c' }] });
    const read = await bundle.array('monitors.json', noteSchema);
    expect(read?.items.map(({ name }) => name)).toEqual(['a', 'c']);
    expect(read?.gaps).toEqual([
      expect.stringContaining('monitors.json: left out items that do not fit: item 2'),
    ]);
  });

  it('costs only the lines that do not fit', async () => {
    const bundle = await makeBundle({ 'logs/all.ndjson': '{"name":"a"}\n{"name":\n\n{"name":"c"}\n' });
    const read = await bundle.lines('logs/all.ndjson', noteSchema);
    expect(read?.items.map(({ name }) => name)).toEqual(['a', 'c']);
    expect(read?.gaps).toEqual([expect.stringContaining('line 2: not JSON')]);
  });

  it('is told of a damaged archive', async () => {
    const bundle = await makeBundle({});
    const folder = await writeBundle({ 'x.json': [] });
    expect(bundle.paths).toEqual(['bundle.json']);
    const { writeFile } = await import('node:fs/promises');
    await writeFile(join(folder, 'monitors.json.gz'), 'no archive');
    const damaged = await openBundle(folder);
    await expect(damaged.array('monitors.json', noteSchema)).rejects.toThrow(
      /^monitors\.json\.gz: cannot be decompressed/,
    );
  });
});

describe('a very long text', () => {
  it.each(['big.log', 'big.log.gz'])('is read from its end, whole lines only: %s', async (name) => {
    const lines = Array.from({ length: 5000 }, (_, index) => `第 ${index} 行`);
    const bundle = await makeBundle({ [name]: `${lines.join('\n')}\n` });
    const tail = await bundle.tail('big.log', 1000);
    expect(tail?.cut).toBe(true);
    const kept = (tail?.text ?? '').trimEnd().split('\n');
    expect(kept.length).toBeGreaterThan(10);
    expect(kept).toEqual(lines.slice(-kept.length));
  });

  it.each(['big.log', 'big.log.gz'])('can be visited line by line: %s', async (name) => {
    const lines = Array.from({ length: 20_000 }, (_, index) => `第 ${index} 行`);
    const long = 'x'.repeat(3_000_000);
    const bundle = await makeBundle({ [name]: `${lines.join('\r\n')}\n${long}\nlast` });
    const seen: string[] = [];
    expect(await bundle.eachLine('big.log', (line) => seen.push(line))).toBe(true);
    expect(seen.slice(0, lines.length)).toEqual(lines);
    // A line that is none of a log any more is cut.
    expect(seen.slice(lines.length).map(({ length }) => length)).toEqual([1024 * 1024, 4]);
    expect(await bundle.eachLine('none.log', () => seen.push('?'))).toBe(false);
  });

  it('that is damaged is told of by its name', async () => {
    const bundle = await makeBundle({ 'a.log': '' });
    await writeFile(join(bundle.folder, 'b.log.gz'), 'no gzip');
    const damaged = await openBundle(bundle.folder);
    await expect(damaged.eachLine('b.log', () => undefined)).rejects.toThrow(/^b\.log: cannot be read/);
  });

  it('is whole where it is short', async () => {
    const bundle = await makeBundle({ 'small.log': 'a\nb\n' });
    expect(await bundle.tail('small.log', 1000)).toEqual({ text: 'a\nb\n', cut: false });
  });
});
