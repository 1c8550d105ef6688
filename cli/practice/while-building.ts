import { messageOf } from '#domain/errors.ts';
import { type FindProgramOptions, locateProgram, type Program } from '#machine/program.ts';
import type { Progress } from '#machine/progress.ts';
import { diagnoseCluster } from '#range/cluster/doctor.ts';
import type { OwnLevel } from '#range/cluster/level.ts';
import { apiLevelPrograms, rangePrograms } from '#range/programs.ts';
import { temporalProgram } from '#temporal-dev/temporal-program.ts';
import type { CliContext } from '../context.ts';

/** Whether any of the programs is not here yet and may have to be built, which takes minutes. */
export async function isBuiltFirst(
  programs: readonly Program[],
  options: FindProgramOptions = {},
): Promise<boolean> {
  for (const program of programs) {
    const isBuilt = program.sources.some((source) => 'estimateSeconds' in source);
    if (isBuilt && (await locateProgram(program, options)) === undefined) return true;
  }
  return false;
}

type BuiltFor = {
  readonly signal: AbortSignal;
  readonly stateFolder: string;
  readonly rangeLevel?: OwnLevel | undefined;
};

/** Where a first start builds for minutes, a first diagnosis is shown meanwhile. That it cannot be shown ends nothing. */
export async function showWhileBuilding(
  context: CliContext,
  progress: Pick<Progress, 'note'>,
  { signal, stateFolder, rangeLevel }: BuiltFor,
): Promise<void> {
  try {
    const { level } = await diagnoseCluster({ stateFolder });
    const standIns = (rangeLevel ?? level) === 'api';
    const programs = [temporalProgram, ...Object.values(standIns ? apiLevelPrograms : rangePrograms)];
    if (!(await isBuiltFirst(programs, { env: context.environment, signal }))) return;
    // Loaded here alone: no other start has use for it.
    const { renderRecordedIncident } = await import('./recorded-incident.ts');
    progress.note(await renderRecordedIncident(context, signal));
  } catch (error) {
    if (!signal.aborted) progress.note(context.words.practice.recordedFailed(messageOf(error)));
  }
}
