import { messageOf } from '#domain/errors.ts';
import { dropBuildCache, findProgram } from '#machine/program.ts';
import { createProgress } from '#machine/progress.ts';
import { findRangePrograms } from '#range/find-programs.ts';
import { temporalProgram } from '#temporal-dev/temporal-program.ts';

/**
 * Finds, fetches or builds every program that the tests run, before the first test: a build takes minutes, and no test
 * should have to wait for it.
 * @returns false where one could not be had; the tests that need it will say so too
 */
export async function findTestPrograms(): Promise<boolean> {
  const progress = createProgress({ stream: process.stderr });
  try {
    await findProgram(temporalProgram, { progress });
    await findRangePrograms({ progress });
    await dropBuildCache({ progress });
    return true;
  } catch (error) {
    progress.note(messageOf(error));
    return false;
  } finally {
    progress.close();
  }
}
