import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runChecks } from './checks.ts';
import { findTestPrograms } from './find-programs.ts';
import { coverageLine } from './runner/coverage.ts';
import type { Failure } from './runner/report.ts';
import { repository } from './runner/run-node.ts';
import { runVitest, type TestRun } from './runner/run-vitest.ts';

/** What a newcomer sees: an instance of their own, which needs the machine for itself. */
const practiceTests = 'test/practice';
/** Theirs is one instance that all of them share. */
const wholeTests = 'test/whole';

type Result = Omit<TestRun, 'files'> & { readonly files?: TestRun['files'] };
type Phase = {
  readonly name: string;
  /** What hangs is ended after this, as a failure. */
  readonly limitMinutes: number;
  readonly run: (signal: AbortSignal) => Promise<Result>;
  /** Said after it. */
  readonly remark?: () => Promise<string>;
};

function failedOnly(failures: readonly Failure[]): Result {
  return { passed: 0, failed: failures.length, skipped: 0, failures };
}

/** The checks, then every test with coverage, then those that must be alone. */
const everything: readonly Phase[] = [
  { name: 'checks', limitMinutes: 10, run: async (signal) => failedOnly(await runChecks({ signal })) },
  {
    name: 'programs that tests run',
    // Where nothing is cached they are built, with all cores for about ten minutes.
    limitMinutes: 45,
    run: async (signal) => failedOnly(await findTestPrograms({ signal })),
  },
  {
    name: 'tests',
    limitMinutes: 40,
    run: async (signal) => {
      await rm(join(repository, 'coverage'), { recursive: true, force: true });
      const alone = [practiceTests, wholeTests].flatMap((folder) => ['--exclude', `${folder}/**`]);
      return runVitest(['--coverage', ...alone], { signal });
    },
    remark: coverageLine,
  },
  {
    name: 'tests of practice',
    limitMinutes: 45,
    run: (signal) => runVitest([practiceTests, '--no-file-parallelism'], { signal }),
  },
  {
    name: 'tests of the whole',
    // In full, every process is killed at every moment.
    limitMinutes: process.env.UNDERSTUDY_WHOLE === 'full' ? 240 : 45,
    run: (signal) => runVitest([wholeTests, '--no-file-parallelism'], { signal }),
  },
];

function chosen(args: readonly string[]): readonly Phase[] {
  return [{ name: 'tests', limitMinutes: 240, run: (signal) => runVitest(args, { signal }) }];
}

type Ended = Result & { readonly phase: Phase; readonly seconds: number };

async function runPhase(phase: Phase): Promise<Ended> {
  process.stdout.write(`\n══ ${phase.name}\n`);
  const startedMs = performance.now();
  const result = await phase.run(AbortSignal.timeout(phase.limitMinutes * 60_000));
  return { ...result, phase, seconds: Math.round((performance.now() - startedMs) / 1000) };
}

const slowFilesShown = 8;

/** What a reader of the log's end needs to know: how long each phase took, and all that failed. */
async function summary(ended: readonly Ended[]): Promise<string[]> {
  const lines: string[] = [];
  for (const { phase, seconds, failures, files } of ended) {
    lines.push(`══ ${phase.name}: ${seconds} s`);
    if (phase.remark !== undefined) lines.push(`   ${await phase.remark()}`);
    const slow = (files ?? []).slice(0, slowFilesShown).map((each) => `${each.file} ${each.seconds} s`);
    if (slow.length > 0) lines.push(`   longest: ${slow.join(', ')}`);
    for (const { name, error } of failures) {
      lines.push(`✗ ${name}`, ...error.split('\n').map((line) => `    ${line}`));
    }
  }
  return lines;
}

/**
 * `npm test`. With arguments (`npm test -- store`) only vitest runs, with them.
 * The last line is always `N passed, N failed, N skipped`; a check that fails counts as a failure, and so does whatever
 * makes vitest itself unhappy.
 */
const args = process.argv.slice(2);
const ended: Ended[] = [];
for (const phase of args.length === 0 ? everything : chosen(args)) ended.push(await runPhase(phase));
const sum = (of: 'passed' | 'failed' | 'skipped'): number =>
  ended.reduce((total, result) => total + result[of], 0);
process.stdout.write(`\n${(await summary(ended)).join('\n')}\n`);
process.stdout.write(`\n${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped\n`);
process.exitCode = sum('failed') === 0 && sum('passed') > 0 ? 0 : 1;
