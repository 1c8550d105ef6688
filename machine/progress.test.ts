import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createProgress } from './progress.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function stream(isTTY: boolean, columns = 80) {
  const written: string[] = [];
  return { isTTY, columns, write: (text: string) => written.push(text), written };
}

test('in plain lines: the start, every ten seconds what is left, and the end', () => {
  const out = stream(false);
  const progress = createProgress({ stream: out });
  const task = progress.task('temporal 1.5.1', { estimateMs: 150_000 });
  task.detail('compiling');
  vi.advanceTimersByTime(25_000);
  task.done('built');
  vi.advanceTimersByTime(60_000);
  expect(out.written).toEqual([
    'temporal 1.5.1 … (about 2 min 30 s)\n',
    'temporal 1.5.1 … 10 s · about 2 min 20 s left · compiling\n',
    'temporal 1.5.1 … 20 s · about 2 min 10 s left · compiling\n',
    '✓ temporal 1.5.1: built (25 s)\n',
  ]);
});

test('a task that takes longer than thought does not count below zero', () => {
  const out = stream(false);
  const progress = createProgress({ stream: out });
  progress.task('etcd', { estimateMs: 9_000 });
  vi.advanceTimersByTime(10_000);
  expect(out.written.at(-1)).toBe('etcd … 10 s · any moment now\n');
  vi.advanceTimersByTime(10_000);
  expect(out.written.at(-1)).toBe('etcd … 20 s · longer than usual\n');
  progress.close();
  vi.advanceTimersByTime(60_000);
  expect(out.written).toHaveLength(3);
});

test('a task that goes another way counts from there', () => {
  const out = stream(false);
  const task = createProgress({ stream: out }).task('temporal 1.5.1');
  vi.advanceTimersByTime(4_000);
  task.detail('github.com cannot be reached');
  task.expect(150_000);
  vi.advanceTimersByTime(6_000);
  task.failed('gone');
  expect(out.written).toEqual([
    'temporal 1.5.1 …\n',
    'temporal 1.5.1 … 4 s · about 2 min 30 s left · github.com cannot be reached\n',
    'temporal 1.5.1 … 10 s · about 2 min 20 s left · github.com cannot be reached\n',
    '✗ temporal 1.5.1: gone (10 s)\n',
  ]);
});

test('on a terminal: one line a task, redrawn, and what ended stays above', () => {
  const out = stream(true);
  const progress = createProgress({ stream: out, language: 'zh' });
  const first = progress.task('PostgreSQL');
  progress.task('Temporal', { estimateMs: 60_000 });
  vi.advanceTimersByTime(2_000);
  const lines = stripVTControlCharacters(out.written.at(-1) ?? '').split('\n');
  expect(lines[0]).toMatch(/^\S PostgreSQL {2}2 秒$/);
  expect(lines[1]).toMatch(/^\S Temporal {2}2 秒 · 约剩 60 秒$|^\S Temporal {2}2 秒 · 约剩 1 分$/);
  expect(out.written.at(-1)).toContain('\u001b[2A');
  first.done();
  const last = stripVTControlCharacters(out.written.at(-1) ?? '');
  expect(last).toMatch(/^✓ PostgreSQL \(2 秒\)\n\S Temporal/);
  progress.note('a word in between');
  expect(stripVTControlCharacters(out.written.at(-1) ?? '')).toMatch(/^a word in between\n\S Temporal/);
  progress.close();
});

test('a line never wraps, whatever it says and in whatever letters', () => {
  const unknownWidth = stream(true, 0);
  createProgress({ stream: unknownWidth }).task('PostgreSQL');
  expect(unknownWidth.written.at(-1)).toContain('PostgreSQL');

  const out = stream(true, 30);
  const progress = createProgress({ stream: out });
  progress.task('构建'.repeat(30)).detail('x'.repeat(100));
  vi.advanceTimersByTime(200);
  const [line = ''] = stripVTControlCharacters(out.written.at(-1) ?? '').split('\n');
  expect(line.length).toBeLessThan(20);
  expect(line.endsWith('…')).toBe(true);
  progress.close();
});
