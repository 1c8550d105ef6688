import { resolve } from 'node:path';
import type { Investigation } from '#agents/investigate.ts';
import { backEndsOf } from '#domain/configuration.ts';
import type { Diagnosis } from '#domain/diagnosis.ts';
import { UnderstudyError } from '#domain/errors.ts';
import { formatObject } from '#domain/object-ref.ts';
import { alertOfFile } from '#mcp-tools/bundle/bundle-alert.ts';
import { openBundle } from '#mcp-tools/bundle/open-bundle.ts';
import { type ClusterOptions, chosenCluster } from '../configuration/cluster-access.ts';
import { type CliContext, outputStyle, printData } from '../context.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { percent, renderDiagnosis } from '../views/diagnosis-view.ts';
import { renderTable } from '../views/table.ts';
import { bundleFolders } from './bundle-folders.ts';
import { diagnoseBundle } from './diagnose-bundle.ts';
import { type DiagnosedBundle, diagnoseFolders } from './diagnose-folders.ts';
import { diagnoseLive } from './diagnose-live.ts';

export type DiagnoseCommandOptions = ClusterOptions & {
  readonly namespace?: string;
  readonly service?: string;
  readonly bundle?: string;
  readonly bundles?: string;
  readonly alert?: string;
  readonly reasoner: 'rules' | 'model' | 'auto';
};

/** Answers `understudy diagnose`. */
export async function diagnose(context: CliContext, options: DiagnoseCommandOptions): Promise<ExitCode> {
  const { words } = context;
  const { bundle, bundles, alert, reasoner } = options;
  if (reasoner === 'model') throw new UnderstudyError('not-supported', words.diagnose.noModel);
  const live = options.namespace ?? options.service;
  if ([bundle, bundles, live].filter((one) => one !== undefined).length > 1) {
    throw new UnderstudyError('bad-input', words.diagnose.oneThing);
  }
  if (bundle !== undefined) return diagnoseOne(context, bundle, alert);
  if (bundles !== undefined) {
    if (alert !== undefined) throw new UnderstudyError('bad-input', words.diagnose.oneAlert);
    return diagnoseAll(context, bundles);
  }
  if ((live ?? alert) === undefined) {
    throw new UnderstudyError('bad-input', words.diagnose.nothingToDiagnose);
  }
  const { diagnosis } = await lookNow(context, options);
  return printOne(context, diagnosis);
}

/** Investigates what the options name on the configured live system. */
export async function lookNow(
  context: CliContext,
  options: Omit<DiagnoseCommandOptions, 'reasoner'>,
  { toKeep = false }: { readonly toKeep?: boolean } = {},
): Promise<Investigation> {
  const { cluster, configuration } = await chosenCluster(context, options);
  const { prometheusUrl, alertmanagerUrl } = configuration;
  const { namespace, service, alert: alertPath } = options;
  const alert = alertPath === undefined ? undefined : await alertOfFile(resolve(context.cwd, alertPath));
  return diagnoseLive(
    { access: cluster, prometheusUrl, alertmanagerUrl, backEnds: backEndsOf(configuration) },
    { namespace, service, alert, toKeep },
    { now: Date.now, signal: context.signal },
  );
}

function printOne(context: CliContext, diagnosis: Diagnosis): ExitCode {
  printData(context, diagnosis, () => renderDiagnosis(diagnosis, outputStyle(context), 'whole'));
  return exitCodes.ok;
}

async function diagnoseOne(
  context: CliContext,
  folder: string,
  alertPath: string | undefined,
): Promise<ExitCode> {
  const { cwd, signal } = context;
  const alert = alertPath === undefined ? undefined : await alertOfFile(resolve(cwd, alertPath));
  const bundle = await openBundle(resolve(cwd, folder));
  const { diagnosis } = await diagnoseBundle(bundle, { alert, signal });
  return printOne(context, diagnosis);
}

async function diagnoseAll(context: CliContext, folder: string): Promise<ExitCode> {
  const { terminal, cwd, output, signal } = context;
  const folders = await bundleFolders(resolve(cwd, folder));
  const all: DiagnosedBundle[] = [];
  for await (const diagnosed of diagnoseFolders(folders, { signal })) {
    if (terminal.audienceLeft.aborted) break;
    if (output === 'ndjson') terminal.out(JSON.stringify(diagnosed));
    else all.push(diagnosed);
  }
  if (output !== 'ndjson') printData(context, all, () => renderAll(all, context));
  return exitCodes.ok;
}

function renderAll(all: readonly DiagnosedBundle[], context: CliContext): string {
  const { words } = context;
  const { paint } = outputStyle(context);
  const rows = all.map(({ bundle, durationMs, diagnosis: { verdict, hypotheses } }) => {
    const [first] = hypotheses;
    return [
      bundle,
      words.verdict[verdict],
      first?.cause ?? '',
      first === undefined ? '' : formatObject(first.object),
      first === undefined ? '' : percent(first.confidence),
      String(Math.round(durationMs)),
    ];
  });
  return renderTable(
    [
      { title: words.diagnose.bundle, shrinks: 'name' },
      { title: words.diagnose.verdict },
      { title: words.diagnose.cause },
      { title: words.diagnose.object, shrinks: 'name' },
      { title: words.diagnose.sure, align: 'right' },
      { title: words.diagnose.took, align: 'right' },
    ],
    rows,
    { columns: context.terminal.columns, title: paint.strong },
  );
}
