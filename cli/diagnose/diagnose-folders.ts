import { basename } from 'node:path';
import type { Diagnosis } from '#domain/diagnosis.ts';
import { messageOf, UnderstudyError } from '#domain/errors.ts';
import { openBundle } from '#mcp-tools/bundle/open-bundle.ts';
import { type DiagnoseOptions, diagnoseBundle } from './diagnose-bundle.ts';

/** What `diagnose --bundles` prints of each. */
export type DiagnosedBundle = {
  readonly bundle: string;
  /** From opening the folder to the diagnosis. */
  readonly durationMs: number;
  readonly diagnosis: Diagnosis;
};

export type FoldersOptions = DiagnoseOptions & {
  /** Beginnings of paths that are taken for absent in every bundle. */
  readonly without?: readonly string[] | undefined;
};

/** A bundle that cannot be opened tells nothing; that is an answer too. */
function unreadable(message: string): Diagnosis {
  return {
    format: 'understudy-diagnosis/1',
    verdict: 'unknown',
    summary: `Nothing could be looked at. ${message}`,
    hypotheses: [],
    ruledOut: [],
    gaps: [message],
    proposedFix: [],
  };
}

async function diagnosed(folder: string, options: FoldersOptions): Promise<Diagnosis> {
  try {
    const { diagnosis } = await diagnoseBundle(await openBundle(folder, options.without), options);
    return diagnosis;
  } catch (error) {
    options.signal.throwIfAborted();
    if (!(error instanceof UnderstudyError) || error.code === 'internal') throw error;
    return unreadable(messageOf(error));
  }
}

/** Diagnoses bundles one after the other, each with nothing kept of the one before. */
export async function* diagnoseFolders(
  folders: readonly string[],
  options: FoldersOptions,
): AsyncGenerator<DiagnosedBundle> {
  for (const folder of folders) {
    options.signal.throwIfAborted();
    const startedMs = performance.now();
    const diagnosis = await diagnosed(folder, options);
    const durationMs = Math.round((performance.now() - startedMs) * 10) / 10;
    yield { bundle: basename(folder), durationMs, diagnosis };
  }
}
