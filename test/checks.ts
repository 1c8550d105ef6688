import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = fileURLToPath(new URL('..', import.meta.url));

/** What must hold before a test is worth running. Packages' programs are run under the Node that runs this. */
const checks = [
  { name: 'types', command: ['node_modules/typescript/bin/tsc', '-p', '.'] },
  { name: 'format and lint', command: ['node_modules/@biomejs/biome/bin/biome', 'check', '.'] },
  { name: 'imports', command: ['test/architecture/check-imports.ts'] },
];

/** Runs every check, each whatever the others say, and answers how many failed. */
export async function runChecks(): Promise<number> {
  let failed = 0;
  for (const { name, command } of checks) {
    process.stdout.write(`── ${name}\n`);
    if ((await runNode(command)) !== 0) {
      failed += 1;
      process.stdout.write(`✗ ${name}\n`);
    }
  }
  return failed;
}

/** Runs a script of the project under this Node, with its output on ours, and answers its exit code. */
export function runNode(command: readonly string[]): Promise<number> {
  const [script = '', ...args] = command;
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const child = spawn(process.execPath, [join(repository, script), ...args], {
    cwd: repository,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  // It ends first, and then we do, so that the last line is still printed.
  const passOn = (signal: NodeJS.Signals) => child.kill(signal);
  process.on('SIGINT', passOn).on('SIGTERM', passOn);
  child.once('error', reject);
  child.once('exit', (code) => resolve(code ?? 1));
  return promise.finally(() => process.off('SIGINT', passOn).off('SIGTERM', passOn));
}
