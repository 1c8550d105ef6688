import { basename, resolve } from 'node:path';
import { messageOf, UnderstudyError } from '#domain/errors.ts';
import { openBundle } from '#mcp-tools/bundle/open-bundle.ts';
import { type ClusterOptions, chosenCluster } from '../configuration/cluster-access.ts';
import { type CliContext, messageStyle, outputStyle, printData } from '../context.ts';
import { bundleFolders } from '../diagnose/bundle-folders.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { renderFindings } from '../views/findings-view.ts';
import { gapLines } from '../views/gap-lines.ts';
import type { ClusterEvidence } from './evidence.ts';
import { findingsIn, type PrintedFinding, type Severity } from './findings.ts';
import { readBundle } from './read-bundle.ts';
import { readCluster } from './read-cluster.ts';

export type AnalyzeCommandOptions = ClusterOptions & {
  readonly bundle?: string;
  readonly bundles?: string;
  readonly namespace?: string;
  readonly severity: Severity;
};

/** Answers `understudy analyze`. */
export async function analyzeCommand(context: CliContext, options: AnalyzeCommandOptions): Promise<ExitCode> {
  const { words, cwd, signal } = context;
  const { bundle, bundles, cluster, kubeconfig } = options;
  const sources = [bundle, bundles, cluster ?? kubeconfig].filter((source) => source !== undefined);
  if (sources.length > 1) throw new UnderstudyError('bad-input', words.analyze.oneSource);
  if (bundles !== undefined) return analyzeAll(context, bundles, options);
  const seen =
    bundle === undefined
      ? await readCluster((await chosenCluster(context, options)).cluster, {
          namespace: options.namespace,
          now: Date.now,
          signal,
        })
      : await readBundle(await openBundle(resolve(cwd, bundle)), signal);
  return printOne(context, seen, findingsIn(seen, { least: options.severity, namespace: options.namespace }));
}

function printOne(context: CliContext, seen: ClusterEvidence, findings: readonly PrintedFinding[]): ExitCode {
  const { words, terminal, output } = context;
  const { cluster, asOf, gaps, apiCalls } = seen;
  const whole = { cluster, asOf, findings, gaps, ...(apiCalls === undefined ? {} : { apiCalls }) };
  if (output === 'ndjson') for (const finding of findings) terminal.out(JSON.stringify(finding));
  else printData(context, whole, () => renderFindings(findings, outputStyle(context), terminal.columns));
  if (output !== 'table') return exitCodes.ok;
  const { paint } = messageStyle(context);
  for (const gap of gapLines(gaps)) terminal.say(paint.quiet(words.analyze.gap(gap)));
  if (apiCalls !== undefined) terminal.say(paint.quiet(words.analyze.apiCalls(apiCalls)));
  return exitCodes.ok;
}

type AnalyzedBundle = {
  readonly bundle: string;
  readonly findings: readonly PrintedFinding[];
  readonly gaps?: readonly string[];
};

/** A bundle that cannot be opened has no findings; the gap says why. */
async function analyzed(
  folder: string,
  context: CliContext,
  options: AnalyzeCommandOptions,
): Promise<AnalyzedBundle> {
  const bundle = basename(folder);
  try {
    const seen = await readBundle(await openBundle(folder), context.signal);
    return { bundle, findings: findingsIn(seen, { least: options.severity, namespace: options.namespace }) };
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof UnderstudyError) || error.code === 'internal') throw error;
    return { bundle, findings: [], gaps: [messageOf(error)] };
  }
}

async function analyzeAll(
  context: CliContext,
  folder: string,
  options: AnalyzeCommandOptions,
): Promise<ExitCode> {
  const { terminal, output, cwd } = context;
  const all: AnalyzedBundle[] = [];
  for (const path of await bundleFolders(resolve(cwd, folder))) {
    if (terminal.audienceLeft.aborted) break;
    const one = await analyzed(path, context, options);
    if (output === 'ndjson') terminal.out(JSON.stringify(one));
    else all.push(one);
  }
  if (output === 'ndjson') return exitCodes.ok;
  printData(context, all, () =>
    all
      .map(
        ({ bundle, findings }) =>
          `${bundle}\n${renderFindings(findings, outputStyle(context), terminal.columns)}`,
      )
      .join('\n\n'),
  );
  return exitCodes.ok;
}
