import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Failure, type ReportLine, reportLineSchema, reportVariable } from './report.ts';
import { repository, runNode } from './run-node.ts';

export type TestRun = {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures: readonly Failure[];
  /** How long each file took, the longest first. */
  readonly files: readonly { readonly file: string; readonly seconds: number }[];
};

/**
 * Runs vitest and counts. What makes vitest unhappy without any test failing counts as one failure: a file that does not
 * load, an error that nobody handles, too little coverage, no test at all, the end of the time it was given.
 */
export async function runVitest(
  args: readonly string[],
  options: { readonly signal?: AbortSignal } = {},
): Promise<TestRun> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-results-'));
  const report = join(folder, 'report.jsonl');
  try {
    const reporters = ['--reporter=default', `--reporter=${join(repository, 'test/runner/reporter.ts')}`];
    const code = await runNode(['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...args], {
      ...options,
      env: { [reportVariable]: report },
    });
    const lines = await readLines(report);
    return judged(lines, { code, wasEnded: options.signal?.aborted === true });
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function readLines(file: string): Promise<ReportLine[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => (line === '' ? [] : [reportLineSchema.parse(JSON.parse(line))]));
}

function judged(
  lines: readonly ReportLine[],
  { code, wasEnded }: { readonly code: number; readonly wasEnded: boolean },
): TestRun {
  const ended = lines.filter((line) => line.kind === 'ended');
  const sum = (of: 'passed' | 'failed' | 'skipped'): number =>
    ended.reduce((total, line) => total + line[of], 0);
  const [passed, failed, skipped] = [sum('passed'), sum('failed'), sum('skipped')];
  const failures = [
    ...ended.flatMap(({ file, failures: own }) =>
      own.map(({ name, error }) => ({ name: `${file} > ${name}`, error })),
    ),
    ...lines.flatMap((line) => (line.kind === 'unhandled' ? line.errors : [])).map(unhandled),
    ...(wasEnded ? [outOfTime(lines)] : []),
  ];
  const unhappy = code !== 0 || passed === 0;
  if (unhappy && failures.length === 0) failures.push(unexplained(code));
  return {
    ...{ passed, skipped, failures, failed: unhappy ? Math.max(failed, 1) : failed },
    files: ended
      .map(({ file, seconds }) => ({ file, seconds }))
      .toSorted((one, other) => other.seconds - one.seconds),
  };
}

function unhandled(error: string): Failure {
  return { name: 'an error that belongs to no test', error };
}

function outOfTime(lines: readonly ReportLine[]): Failure {
  const over = new Set(lines.flatMap((line) => (line.kind === 'ended' ? [line.file] : [])));
  const running = lines.flatMap((line) =>
    line.kind === 'started' && !over.has(line.file) ? [line.file] : [],
  );
  const which = running.length === 0 ? 'no test file' : running.join(', ');
  return { name: 'it took too long and was ended', error: `under way was ${which}` };
}

function unexplained(code: number): Failure {
  return {
    name: 'vitest itself',
    error: `exit code ${code}, and no test failed: there was no test, or coverage is below its bound; its own message is above`,
  };
}
