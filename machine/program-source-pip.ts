import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, UnderstudyError } from '#domain/errors.ts';
import type { Made, Making, ProgramSource } from './program.ts';
import { findCommand, runCommand } from './system-command.ts';

type PipSource = Extract<ProgramSource, { kind: 'pip' }>;

/** Machines whose owners have certificates of their own write them in here, often at each start of Python. */
const trustStore = 'certifi/cacert.pem';

const pythonAdvice = 'install Python 3 with pip (Debian: python3-pip)';

/** What starts the module with the packages beside it; a virtual environment would hold the path that it was made in. */
function launcher(python: string, module: string): string {
  return [
    '#!/bin/sh',
    'here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)',
    `PYTHONPATH="$here/packages" PYTHONDONTWRITEBYTECODE=1 exec ${python} -m ${module} "$@"`,
    '',
  ].join('\n');
}

/** Installs Python packages of exact versions into a folder of their own. Throws `program-missing` without pip. */
export async function installWithPip(source: PipSource, making: Making): Promise<Made> {
  const { folder, program, options } = making;
  const python = await findCommand('python3', options.env ?? process.env);
  if (python === undefined) {
    throw new UnderstudyError('program-missing', `there is no python3 here: ${pythonAdvice}`);
  }
  const packages = join(folder, 'packages');
  const quiet = [
    '--quiet',
    '--disable-pip-version-check',
    '--root-user-action',
    'ignore',
    '--no-warn-conflicts',
  ];
  making.task.detail(source.packages[0] ?? '');
  try {
    await runCommand(
      python,
      ['-m', 'pip', 'install', ...quiet, '--no-deps', '--target', packages, ...source.packages],
      options.signal === undefined ? {} : { signal: options.signal },
    );
  } catch (cause) {
    options.signal?.throwIfAborted();
    const said = messageOf(cause);
    const advice = /No module named pip/.test(said) ? `: ${pythonAdvice}` : '';
    throw new UnderstudyError('program-missing', `${said.slice(-500)}${advice}`, { cause });
  }
  await writeFile(join(folder, program.name), launcher(python, source.module), { mode: 0o755 });
  return { member: program.name, changeable: [join('packages', trustStore)] };
}
