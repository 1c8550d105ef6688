import { messageOf } from '#domain/errors.ts';
import { dropBuildCache, findProgram } from '#machine/program.ts';
import { createProgress } from '#machine/progress.ts';
import { findApiLevelPrograms, findRangePrograms } from '#range/find-programs.ts';
import { temporalProgram } from '#temporal-dev/temporal-program.ts';
import { motoProgram } from '#test/setup/moto-program.ts';
import type { Failure } from './runner/report.ts';

/**
 * Finds, fetches or builds every program that the tests run, before the first test: a build takes minutes, and no test
 * should have to wait for it.
 * @returns what could not be had; the tests that need it will say so too
 */
export async function findTestPrograms(options: { readonly signal?: AbortSignal } = {}): Promise<Failure[]> {
  const progress = createProgress({ stream: process.stderr });
  try {
    await findProgram(temporalProgram, { progress, ...options });
    await findProgram(motoProgram, { progress, ...options });
    await findRangePrograms({ progress, ...options });
    await findApiLevelPrograms({ progress, ...options });
    await dropBuildCache({ progress });
    return [];
  } catch (error) {
    progress.note(messageOf(error));
    return [{ name: 'programs that tests run', error: messageOf(error) }];
  } finally {
    progress.close();
  }
}
