import { appendFileSync } from 'node:fs';
import type { SerializedError } from 'vitest';
import type { Reporter, TestModule } from 'vitest/node';
import { type Failure, type ReportLine, reportVariable, shortError } from './report.ts';

type Told = Readonly<{ message: string; stack?: string | undefined }>;

function failuresOf(module: TestModule): Failure[] {
  const of = (name: string, errors: readonly Told[]): Failure[] =>
    errors.map((error) => ({ name, error: shortError(error) }));
  const failures = of('(the file)', module.errors());
  for (const suite of module.children.allSuites()) failures.push(...of(suite.fullName, suite.errors()));
  for (const test of module.children.allTests('failed')) {
    failures.push(...of(test.fullName, test.result().errors ?? []));
  }
  return failures;
}

function count(module: TestModule, state: 'passed' | 'failed' | 'skipped'): number {
  return [...module.children.allTests(state)].length;
}

/** Writes what `npm test` says in the end, file by file. */
// biome-ignore lint/style/noDefaultExport: vitest reads a default export
export default class LineReporter implements Reporter {
  private write(line: ReportLine): void {
    const file = process.env[reportVariable];
    if (file === undefined) throw new Error(`${reportVariable} is not set`);
    appendFileSync(file, `${JSON.stringify(line)}\n`);
  }

  onTestModuleStart(module: TestModule): void {
    this.write({ kind: 'started', file: module.relativeModuleId });
  }

  onTestModuleEnd(module: TestModule): void {
    const { collectDuration, duration, prepareDuration, setupDuration } = module.diagnostic();
    const ms = collectDuration + duration + prepareDuration + setupDuration;
    this.write({
      ...{ kind: 'ended', file: module.relativeModuleId, seconds: Math.round(ms / 100) / 10 },
      ...{ passed: count(module, 'passed'), failed: count(module, 'failed') },
      ...{ skipped: count(module, 'skipped'), failures: failuresOf(module) },
    });
  }

  onTestRunEnd(_modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    if (errors.length > 0) this.write({ kind: 'unhandled', errors: errors.map(shortError) });
  }
}
