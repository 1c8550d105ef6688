import { runNode } from '../runner/run-node.ts';

/** Every benchmark, by the file that measures it; a file prints all of its figures. */
const benches = [
  { file: 'test/bench/intake.ts', names: ['intake.accepted_per_s', 'intake.p95_ms', 'intake.lost'] },
] as const;

/**
 * `npm run bench` prints one JSON object a line; `npm run bench -- NAME…` runs the files that measure those figures.
 * Messages go to standard error.
 */
const wanted = process.argv.slice(2);
const known = benches.flatMap(({ names }) => [...names]);
const unknown = wanted.filter((name) => !known.some((each) => each === name));
if (unknown.length > 0) {
  process.stderr.write(`no such figure: ${unknown.join(', ')}; there are ${known.join(', ')}\n`);
  process.exitCode = 2;
} else {
  for (const { file, names } of benches) {
    if (wanted.length > 0 && !names.some((name) => wanted.includes(name))) continue;
    if ((await runNode([file])) !== 0) process.exitCode = 1;
  }
}
