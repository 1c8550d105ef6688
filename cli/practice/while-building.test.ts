import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, it, onTestFinished } from 'vitest';
import type { Program } from '#machine/program.ts';
import { apiLevelPrograms, rangePrograms } from '#range/programs.ts';
import { temporalProgram } from '#temporal-dev/temporal-program.ts';
import type { CliContext } from '../context.ts';
import { createTerminal } from '../terminal.ts';
import { wordsIn } from '../words/words.ts';
import { showWhileBuilding } from './while-building.ts';

const { signal } = new AbortController();

function contextIn(environment: NodeJS.ProcessEnv): CliContext {
  const stream = () => Object.assign(new PassThrough(), { isTTY: false, columns: 100 });
  const terminal = createTerminal(
    { stdin: stream(), stdout: stream(), stderr: stream() },
    { environment, color: false, input: false, quiet: false, interrupt: () => undefined },
  );
  return {
    ...{ terminal, words: wordsIn('en'), language: 'en', output: 'table', verbose: false },
    ...{ timeoutMs: undefined, environment, cwd: '/', signal, programName: 'understudy' },
  };
}

async function shown(environment: NodeJS.ProcessEnv, rangeLevel: 'full' | 'api' = 'full'): Promise<string> {
  const notes: string[] = [];
  const note = (text: string): void => void notes.push(text);
  await showWhileBuilding(contextIn(environment), { note }, { signal, stateFolder: '/tmp', rangeLevel });
  return notes.join('\n');
}

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-empty-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

it('diagnoses the recorded incident while the programs are still to be built', async () => {
  const text = await shown({ XDG_CACHE_HOME: await emptyFolder(), PATH: '' });
  expect(text).toContain('A release is bad · Deployment shop/checkout');
  expect(text).toContain('rollout-undo');
  expect(text).toMatch(/understudy diagnose --bundle \S+recorded-incident/);
});

async function withPrograms(programs: readonly Program[]): Promise<NodeJS.ProcessEnv> {
  const given = programs.flatMap(({ variable }) =>
    variable === undefined ? [] : [[variable, process.execPath] as const],
  );
  return { ...Object.fromEntries(given), XDG_CACHE_HOME: await emptyFolder(), PATH: '' };
}

it('shows nothing where everything is there', async () => {
  const environment = await withPrograms([temporalProgram, ...Object.values(rangePrograms)]);
  expect(await shown(environment)).toBe('');
});

it('asks for no more than the range of this level needs', async () => {
  const environment = await withPrograms([temporalProgram, ...Object.values(apiLevelPrograms)]);
  expect(await shown(environment, 'api')).toBe('');
  expect(await shown(environment, 'full')).not.toBe('');
});
