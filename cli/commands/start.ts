import { Option } from 'commander';
import { UnderstudyError } from '#domain/errors.ts';
import { type OwnLevel, ownLevels } from '#range/cluster/level.ts';
import {
  type ConfigurationOptions,
  configurationOptions,
  readConfiguration,
} from '../configuration/options.ts';
import { type CliContext, outputStyle, withDeadline } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { connectTo } from '../instance.ts';
import { notForPractice } from '../practice/not-for-practice.ts';
import { renderPracticeOpening } from '../practice/opening.ts';
import type { Play } from '../practice/play.ts';
import { practise } from '../practice/session.ts';
import type { CommandDefinition } from '../program.ts';
import type { RunningInstance } from '../up/up.ts';

type StartOptions = ConfigurationOptions & {
  readonly fault?: string;
  readonly yes?: true;
  readonly autoApprove?: true;
  readonly level?: OwnLevel;
};

/** How long one round may take that nobody watches. */
const roundMs = 10 * 60_000;
const noAlertMs = 3 * 60_000;

export const startCommand: CommandDefinition = (program, cli) => {
  const { words } = cli;
  const command = cli
    .command(program, 'start', {
      summary: words.command.start,
      examples: ['start', 'start --fault slow-dependency', 'start --auto-approve --timeout 15m'],
    })
    .option('--fault <name>', words.option.fault)
    .option('-y, --yes', words.option.startYes)
    .option('--auto-approve', words.option.autoApprove)
    .addOption(
      new Option('--level <level>', words.option.level).choices(ownLevels).env('UNDERSTUDY_RANGE_LEVEL'),
    );
  for (const option of configurationOptions(words, ['host', 'port'])) command.addOption(option);
  command.action((options: StartOptions) => cli.run((context) => start(context, options)));
};

async function start(context: CliContext, options: StartOptions): Promise<ExitCode> {
  const { configuration } = await readConfiguration(context, options, notForPractice);
  const { withInstance } = await import('../run-instance.ts');
  const rangeLevel = options.level === undefined ? {} : { rangeLevel: options.level };
  return withInstance(context, { configuration, practice: true, ...rangeLevel }, async (instance) => {
    const play = await playOf(context, options, instance);
    context.terminal.out(`\n${renderPracticeOpening(instance, context.programName, outputStyle(context))}\n`);
    return practise(play, options.fault === undefined ? {} : { fault: options.fault });
  });
}

async function playOf(context: CliContext, options: StartOptions, instance: RunningInstance): Promise<Play> {
  const { range } = instance;
  if (range === undefined) throw new UnderstudyError('internal', context.words.practice.noRange);
  const signal = options.autoApprove === true ? withDeadline(context, roundMs) : context.signal;
  const url = instance.serverUrl;
  const client = await connectTo({ url, apiKeyFile: instance.apiKeyFile }, context, signal);
  return {
    context,
    client,
    faults: faultsOf(range),
    approval: await approvalOf(context, options, instance, signal),
    signal,
    startedMs: performance.timeOrigin,
    noAlertMs,
  };
}

async function approvalOf(
  context: CliContext,
  { autoApprove, yes }: StartOptions,
  instance: RunningInstance,
  signal: AbortSignal,
): Promise<Play['approval']> {
  const { serverUrl: url, approverKeyFile, temporalUiUrl, range } = instance;
  if (autoApprove === true && approverKeyFile !== undefined && range !== undefined) {
    const approver = await connectTo({ url, apiKeyFile: approverKeyFile }, context, signal);
    const { cluster } = range;
    const { assertOnRange } = await import('../practice/assert-on-range.ts');
    return { by: 'account', approver, assertPractice: (gate) => assertOnRange(gate, cluster) };
  }
  if (context.terminal.interactive && yes !== true) return { by: 'person' };
  return { by: 'elsewhere', ...(temporalUiUrl === undefined ? {} : { temporalUiUrl }) };
}

function faultsOf(range: NonNullable<RunningInstance['range']>): Play['faults'] {
  const named = (name: string) => {
    const fault = range.faults.find((candidate) => candidate.name === name);
    if (fault === undefined) throw new UnderstudyError('not-found', name);
    return fault;
  };
  return {
    names: range.faults.map((fault) => fault.name),
    on: (name) => named(name).on(range),
    off: (name) => named(name).off(range),
  };
}
