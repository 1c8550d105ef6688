import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { runNode } from '../runner/run-node.ts';
import { suitesFolder, suitesVariable } from './suites-folder.ts';

async function isSuite(folder: string): Promise<boolean> {
  if (!(await stat(folder)).isDirectory()) return false;
  const names = await readdir(folder);
  if (names.includes('labels.json')) return true;
  // A suite of logs has a folder a log.
  const inner = await Promise.all(names.map((name) => readdir(join(folder, name)).catch((): string[] => [])));
  return inner.some((files) => files.includes('structured.csv'));
}

async function suitesIn(folder: string): Promise<string[]> {
  const folders = (await readdir(folder)).map((name) => join(folder, name));
  const are = await Promise.all(folders.map(isSuite));
  return folders.filter((_folder, index) => are[index] === true).sort();
}

/** Where no fault can be known is a question of bundles; a suite of logs has none. */
async function hasLabels(suite: string): Promise<boolean> {
  return (await readdir(suite)).includes('labels.json');
}

/** Prints the scorecards of every suite, with faults and without, or of those that are named (`npm run eval -- FOLDER…`); both parts of each. */
async function run(named: readonly string[]): Promise<number> {
  const place = await suitesFolder();
  const suites =
    named.length > 0 ? named.map((name) => resolve(name)) : place === undefined ? [] : await suitesIn(place);
  if (suites.length === 0) {
    process.stderr.write(
      `no suite: set ${suitesVariable} to the folder that holds them, or name them: npm run eval -- FOLDER…\n`,
    );
    return 2;
  }
  let code = 0;
  for (const suite of suites) {
    const cards = (await hasLabels(suite)) ? [[], ['--negatives']] : [[]];
    for (const more of cards) {
      if ((await runNode(['cli/main.ts', 'eval', '--suite', suite, ...more])) !== 0) code = 1;
    }
  }
  return code;
}

process.exitCode = await run(process.argv.slice(2));
