import { createProgress, type Progress, silentProgress } from '#machine/progress.ts';
import type { CliContext } from './context.ts';

/** Progress on stderr, or none with --quiet. */
export function progressFor({ terminal, language }: CliContext): Progress {
  return terminal.quiet
    ? { ...silentProgress, language }
    : createProgress({ stream: terminal.messages, language });
}
