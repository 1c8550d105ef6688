import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { runChecks, runNode } from './checks.ts';
import { findTestPrograms } from './find-programs.ts';

type Count = { passed: number; failed: number; skipped: number };

async function runTests(filters: readonly string[], options: readonly string[] = []): Promise<Count> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-results-'));
  const resultFile = join(folder, 'results.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${resultFile}`];
    const code = await runNode([
      'node_modules/vitest/vitest.mjs',
      'run',
      ...reporters,
      ...options,
      ...filters,
    ]);
    return judged(await readCount(resultFile), code);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const resultsSchema = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  numTodoTests: z.int(),
});

async function readCount(file: string): Promise<Count> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return { passed: 0, failed: 0, skipped: 0 };
  const results = resultsSchema.parse(JSON.parse(text));
  return {
    passed: results.numPassedTests,
    failed: results.numFailedTests,
    skipped: results.numPendingTests + results.numTodoTests,
  };
}

/** vitest's exit code also speaks of what no single test does: a file that does not load, unhandled errors, coverage. */
function judged(count: Count, code: number): Count {
  const unhappy = code !== 0 || count.passed === 0;
  return unhappy && count.failed === 0 ? { ...count, failed: 1 } : count;
}

/** Tests that need the whole machine for themselves, because they watch how the real thing behaves in time. */
const wholeTests = 'test/whole';

function sum(a: Count, b: Count): Count {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** The checks, then every test with coverage, then those that must be alone. */
async function runEverything(): Promise<Count> {
  const failedChecks = await runChecks();
  await findTestPrograms();
  const tests = await runTests([], ['--coverage', '--exclude', `${wholeTests}/**`]);
  const whole = await runTests([wholeTests], ['--no-file-parallelism']);
  return sum({ passed: 0, failed: failedChecks, skipped: 0 }, sum(tests, whole));
}

/**
 * `npm test`. With arguments (`npm test -- store`) only vitest runs, with them.
 * The last line is always `N passed, N failed, N skipped`; a check that fails counts as a failure, and so does whatever
 * makes vitest itself unhappy (an unhandled error, too little coverage, no test at all).
 */
const args = process.argv.slice(2);
const { passed, failed, skipped } = args.length === 0 ? await runEverything() : await runTests(args);
process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
