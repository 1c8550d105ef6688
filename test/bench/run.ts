import { findTestPrograms } from '../find-programs.ts';
import { runNode } from '../runner/run-node.ts';

/** Every benchmark, by the file that measures it. A file is given the names that are wanted of it, and prints at least those. */
const benches = [
  { file: 'test/bench/intake.ts', names: ['intake.accepted_per_s', 'intake.p95_ms', 'intake.lost'] },
  {
    file: 'test/bench/practice.ts',
    names: [
      ...['memory.server_mb', 'memory.worker_mb', 'memory.actions_mb'],
      ...['diagnosis.mttd_p50_ms', 'diagnosis.mttd_p95_ms', 'diagnosis.right_first'],
    ],
  },
  { file: 'test/bench/bundle.ts', names: ['bundle.p95_ms', 'bundle.rss_mb'] },
  { file: 'test/bench/analyze.ts', names: ['analyze.s', 'analyze.rss_mb', 'analyze.api_calls'] },
  { file: 'test/bench/logs.ts', names: ['logs.lines_per_s'] },
  { file: 'test/bench/start.ts', names: ['start.cached_s', 'start.again_s'] },
] as const;

/**
 * `npm run bench` prints one JSON object a line; `npm run bench -- NAME…` runs the files that measure those figures.
 * Messages go to standard error.
 */
async function run(wanted: readonly string[]): Promise<number> {
  const known = benches.flatMap(({ names }) => [...names]);
  const unknown = wanted.filter((name) => !known.some((each) => each === name));
  if (unknown.length > 0) {
    process.stderr.write(`no such figure: ${unknown.join(', ')}; there are ${known.join(', ')}\n`);
    return 2;
  }
  // A build in the middle of a measurement would be measured.
  const missing = await findTestPrograms();
  if (missing.length > 0) return 1;
  let code = 0;
  for (const { file, names } of benches) {
    const own = names.filter((name) => wanted.includes(name));
    if (wanted.length > 0 && own.length === 0) continue;
    if ((await runNode([file, ...own])) !== 0) code = 1;
  }
  return code;
}

process.exitCode = await run(process.argv.slice(2));
