import { UnderstudyError } from '#domain/errors.ts';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';

export type CheckOptions = { readonly check?: true; readonly seed?: string };

export async function checkAllFaults(
  _context: CliContext,
  _stateFolder: string,
  _options: CheckOptions,
): Promise<ExitCode> {
  throw new UnderstudyError('not-supported', 'not yet');
}
