import { resolve } from 'node:path';
import type { Investigation } from '#agents/investigate.ts';
import { UnderstudyError } from '#domain/errors.ts';
import type { Files } from '#mcp-tools/bundle/write/answers.ts';
import { filesOfEvidence } from '#mcp-tools/bundle/write/files-of-evidence.ts';
import { writeBundleFiles } from '#mcp-tools/bundle/write/write-files.ts';
import { type CliContext, printData } from '../context.ts';
import { type DiagnoseCommandOptions, lookNow } from '../diagnose/run.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';

/** The files of an investigation: what it saw, and what it could not see. */
export function filesOfInvestigation({ view }: Investigation): Files {
  const { namespace } = view.findings.triage ?? {};
  const { incident, alerts, asOf, clusters } = view;
  return filesOfEvidence(
    {
      cluster: clusters[0] ?? 'unknown',
      namespaces: namespace === undefined ? [...(view.scope?.namespaces ?? [])] : [namespace],
      capturedAt: asOf,
      startsAt: incident.openedAt,
      groupKey: incident.groupKey,
      alerts,
    },
    view.evidence,
  );
}

/**
 * Answers `understudy bundle capture`: looks at the live system as a diagnosis would, and keeps all that was seen.
 */
export async function captureBundle(
  context: CliContext,
  folder: string,
  options: Omit<DiagnoseCommandOptions, 'reasoner'>,
): Promise<ExitCode> {
  const { words, cwd } = context;
  if ((options.namespace ?? options.service ?? options.alert) === undefined) {
    throw new UnderstudyError('bad-input', words.diagnose.nothingToDiagnose);
  }
  const files = filesOfInvestigation(await lookNow(context, options, { toKeep: true }));
  const target = resolve(cwd, folder);
  await writeBundleFiles(target, files);
  printData(context, { folder: target, files: [...files.keys()] }, () =>
    words.bundle.captured(target, files.size),
  );
  return exitCodes.ok;
}
