import type { Failure } from './runner/report.ts';
import { runNode } from './runner/run-node.ts';

/** What must hold before a test is worth running. Packages' programs are run under the Node that runs this. */
const checks = [
  { name: 'types', command: ['node_modules/typescript/bin/tsc', '-p', '.'] },
  { name: 'format and lint', command: ['node_modules/@biomejs/biome/bin/biome', 'check', '.'] },
  { name: 'imports', command: ['test/architecture/check-imports.ts'] },
];

/** Runs every check, each whatever the others say, and answers those that failed. */
export async function runChecks(options: { readonly signal?: AbortSignal } = {}): Promise<Failure[]> {
  const failures: Failure[] = [];
  for (const { name, command } of checks) {
    process.stdout.write(`── ${name}\n`);
    const code = await runNode(command, options);
    if (code === 0) continue;
    failures.push({ name: `check: ${name}`, error: `exit code ${code}; what it found is above` });
    process.stdout.write(`✗ ${name}\n`);
  }
  return failures;
}
