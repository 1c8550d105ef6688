import { errorCodeOf, UnderstudyError } from '#domain/errors.ts';
import { readRuntime } from '#machine/state-folder.ts';
import type { CheckProgress, FaultResult } from '#range/check/check-faults.ts';
import type { PracticeApi } from '#range/check/practice-api.ts';
import type { ClusterFacts } from '#range/cluster/cluster.ts';
import type { RangeFacts } from '#range/facts.ts';
import type { Fault } from '#range/faults/fault.ts';
import type { ApiClient } from '../api-client.ts';
import { readConfiguration } from '../configuration/options.ts';
import { type CliContext, outputStyle, printData } from '../context.ts';
import { sendDecision } from '../decide.ts';
import { formatDuration } from '../duration.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { diagnosesOf } from '../follow.ts';
import { connectTo, type Runtime, runtimeSchema } from '../instance.ts';
import { notForPractice } from '../practice/not-for-practice.ts';
import type { RunningInstance } from '../up/up.ts';
import { padTo } from '../views/layout.ts';
import { type Column, renderTable } from '../views/table.ts';

export type CheckOptions = {
  readonly check?: true;
  readonly seed?: string;
  /** Names of faults, with commas between. */
  readonly only?: string;
  readonly names?: string;
};

const mostIncidents = 200;

/** A result, and what the shop was called in its round. */
type Row = FaultResult & { readonly names: 'usual' | 'other' };

/** What is needed of an instance that looks after the range. */
type Subject = {
  readonly place: Pick<Runtime, 'serverUrl' | 'apiKeyFile'> & { readonly approverKeyFile: string };
  readonly range: RangeFacts;
};

/**
 * Checks every fault on the instance that runs here, or on one that is started for it. Prints the results; exits with 1
 * where any of them is not what it should be.
 */
export async function checkAllFaults(
  context: CliContext,
  stateFolder: string,
  options: CheckOptions,
): Promise<ExitCode> {
  const plan = await planOf(context, options);
  const running = await runningHere(stateFolder);
  if (running !== undefined) return checkOn(context, running, plan);
  const { configuration } = await readConfiguration(context, {}, notForPractice);
  const { withInstance } = await import('../run-instance.ts');
  return withInstance(context, { configuration, practice: true }, (instance) =>
    checkOn(context, subjectOf(context, instance), plan),
  );
}

async function runningHere(stateFolder: string): Promise<Subject | undefined> {
  const runtime = await readRuntime(stateFolder, runtimeSchema);
  if (runtime?.approverKeyFile === undefined) return undefined;
  const { openRange } = await import('#range/facts.ts');
  return {
    place: { ...runtime, approverKeyFile: runtime.approverKeyFile },
    range: await openRange(stateFolder),
  };
}

function subjectOf({ words }: CliContext, instance: RunningInstance): Subject {
  const { serverUrl, apiKeyFile, approverKeyFile, range } = instance;
  if (range === undefined || approverKeyFile === undefined) {
    throw new UnderstudyError('internal', words.practice.noRange);
  }
  return { place: { serverUrl, apiKeyFile, approverKeyFile }, range };
}

type Plan = {
  /** Absent: all that show on the range. */
  readonly faults: readonly Fault[] | undefined;
  readonly seed: number;
  readonly names: readonly Row['names'][];
};

async function planOf(
  { words }: CliContext,
  { seed = '1', only, names = 'both' }: CheckOptions,
): Promise<Plan> {
  const { faultNamed } = await import('#range/faults/catalogue.ts');
  if (!/^\d+$/.test(seed)) throw new UnderstudyError('bad-input', words.error.notANumber(seed));
  const chosen: Readonly<Record<string, Plan['names']>> = {
    both: ['usual', 'other'],
    usual: ['usual'],
    other: ['other'],
  };
  const rounds = chosen[names];
  if (rounds === undefined) {
    throw new UnderstudyError('bad-input', words.error.notOneOf(names, Object.keys(chosen).join(', ')));
  }
  return {
    faults: only === undefined ? undefined : only.split(',').map(faultNamed),
    seed: Number(seed),
    names: rounds,
  };
}

async function checkOn(context: CliContext, subject: Subject, plan: Plan): Promise<ExitCode> {
  const { terminal, words, signal } = context;
  const { checkFaults } = await import('#range/check/check-faults.ts');
  const { faultsAt } = await import('#range/faults/catalogue.ts');
  const api = await practiceApi(context, subject);
  const rows: Row[] = [];
  for (const names of plan.names) {
    const results = await checkFaults({
      ...{
        range: subject.range,
        api,
        faults: plan.faults ?? faultsAt(subject.range.cluster.level),
        seed: plan.seed,
        renamed: names === 'other',
        signal,
      },
      onProgress: (progress) => terminal.say(progressLine(progress, context)),
      onResult: (result) => terminal.say(resultLine(result, context)),
    });
    rows.push(...results.map((result) => ({ ...result, names })));
  }
  printData(context, rows, () => tableOf(rows, context));
  const passed = rows.filter(isRight).length;
  terminal.say(words.range.checked(passed, rows.length));
  return passed === rows.length ? exitCodes.ok : exitCodes.failure;
}

function resultLine(result: FaultResult, { words }: CliContext): string {
  const marks = judged.map((name) => `${words.column[name]} ${result[name] ? '✓' : '✗'}`);
  return `${padTo(result.fault, 20)}  ${marks.join('  ')}  ${result.detail}`;
}

const judged = ['alerted', 'diagnosed', 'object', 'cause', 'mended', 'verified'] as const;

function isRight(row: Row): boolean {
  return judged.every((name) => row[name]);
}

function progressLine({ fault, milestone, seconds }: CheckProgress, { words }: CliContext): string {
  return `${padTo(fault, 20)}  ${padTo(words.range.milestone[milestone], 10)}  ${formatDuration(seconds * 1000, words.units)}`;
}

function tableOf(rows: readonly Row[], context: CliContext): string {
  const { words, terminal } = context;
  const style = outputStyle(context);
  const header: Column[] = [
    { title: words.column.fault },
    { title: words.column.names },
    ...judged.map((name) => ({ title: words.column[name] })),
    { title: words.column.seconds, align: 'right' },
    { title: words.column.detail, shrinks: 'sentence' },
  ];
  const cells = rows.map((row) => [
    row.fault,
    words.range.names[row.names],
    ...judged.map((name) => (row[name] ? '✓' : '✗')),
    String(row.seconds),
    row.detail,
  ]);
  return renderTable(header, cells, { columns: terminal.columns, title: style.paint.quiet });
}

/** The checker's view of Understudy, over HTTP: it reads as the administrator and approves as the range's account. */
async function practiceApi(context: CliContext, { place, range }: Subject): Promise<PracticeApi> {
  const url = place.serverUrl;
  const client = await connectTo({ url, apiKeyFile: place.apiKeyFile }, context, context.signal);
  const approver = await connectTo({ url, apiKeyFile: place.approverKeyFile }, context, context.signal);
  return {
    listIncidents: () => client.incidents({ limit: mostIncidents }),
    getIncident: async (id) => {
      const found = await client.incident(id);
      return { incident: found.incident, diagnoses: diagnosesOf(found), steps: found.steps };
    },
    listApprovals: () => client.gates({ status: 'open', limit: mostIncidents }),
    approve: (gate) => approveOnRange(approver, gate, range.cluster, context),
  };
}

type Gate = Parameters<PracticeApi['approve']>[0];

async function approveOnRange(
  approver: ApiClient,
  gate: Gate,
  cluster: ClusterFacts,
  { words }: CliContext,
): Promise<void> {
  const { assertOnRange } = await import('../practice/assert-on-range.ts');
  await assertOnRange(gate, cluster);
  await sendDecision(approver, gate, { decision: 'approve' }, words).catch((error: unknown) => {
    // Closed meanwhile: withdrawn, or decided by somebody else.
    if (errorCodeOf(error) !== 'conflict') throw error;
  });
}
