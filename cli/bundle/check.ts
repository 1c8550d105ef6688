import { resolve } from 'node:path';
import { checkBundle } from '#mcp-tools/bundle/check-bundle.ts';
import { type CliContext, outputStyle, printData } from '../context.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { indented } from '../views/layout.ts';

/** Answers `understudy bundle check`: what is malformed, and where. Fails where anything is. */
export async function check(context: CliContext, folder: string): Promise<ExitCode> {
  const { words, cwd, signal } = context;
  const found = await checkBundle(resolve(cwd, folder), signal);
  const { columns } = outputStyle(context);
  printData(context, found, () =>
    [
      words.bundle.checked(found.files, found.problems.length),
      ...found.problems.map((problem) => indented(problem, 2, columns)),
      ...(found.ignored.length === 0 ? [] : [words.bundle.ignored(found.ignored.join(words.listComma))]),
    ].join('\n'),
  );
  return found.problems.length === 0 ? exitCodes.ok : exitCodes.failure;
}
