import { access, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UnderstudyError } from '#domain/errors.ts';
import { ensurePrivateFolder, writePrivateFile } from '#machine/private-file.ts';
import { stateFolderPath } from '#machine/state-folder.ts';
import {
  type ConfigurationOptions,
  configurationOptions,
  readConfiguration,
} from '../configuration/options.ts';
import { type CliContext, outputStyle, printData, withDeadline } from '../context.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import type { CommandDefinition } from '../program.ts';
import { progressFor } from '../progress-for.ts';
import { untilAborted } from '../until-aborted.ts';
import { renderRange } from '../views/range-view.ts';
import { renderTable } from '../views/table.ts';
import { type CheckOptions, checkAllFaults } from './range-check.ts';

export const rangeCommands: CommandDefinition = (program, cli) => {
  const { words } = cli;
  const group = cli.command(program, 'range', { summary: words.command.range });
  const start = cli
    .command(group, 'start', {
      summary: words.command.rangeStart,
      examples: ['range start', 'range start --webhook-url http://127.0.0.1:7788/api/v1/intake/alertmanager'],
    })
    .option('--webhook-url <url>', words.option.webhookUrl)
    .option('--webhook-token-file <file>', words.option.webhookTokenFile);
  for (const option of configurationOptions(words, ['port'])) start.addOption(option);
  start.action((options: StartOptions) => cli.run((context) => startAlone(context, options)));
  cli
    .command(group, 'stop', { summary: words.command.rangeStop, examples: ['range stop'] })
    .action(() => cli.run(stop));
  cli
    .command(group, 'faults', { summary: words.command.rangeFaults, examples: ['range faults'] })
    .action(() => cli.run(listFaults));
  cli
    .command(group, 'fault', {
      summary: words.command.rangeFault,
      examples: [
        'range fault bad-release on',
        'range fault bad-release off',
        'range fault all --check --seed 7 -o json',
      ],
    })
    .argument('<name>', words.argument.fault)
    .argument('[on|off]', words.argument.onOff)
    .option('--check', words.option.check)
    .option('--seed <number>', words.option.seed)
    .option('--only <faults>', words.option.only)
    .option('--names <which>', words.option.names)
    .action((name: string, state: string | undefined, options: CheckOptions) =>
      cli.run((context) => fault(context, name, state, options)),
    );
};

type StartOptions = ConfigurationOptions & {
  readonly webhookUrl?: string;
  readonly webhookTokenFile?: string;
};

function stateFolderOf({ environment, cwd }: CliContext): string {
  return stateFolderPath({ env: environment, workingFolder: cwd });
}

/** The range without Understudy, until Ctrl-C: for an instance of one's own to look after. */
async function startAlone(context: CliContext, options: StartOptions): Promise<ExitCode> {
  const { configuration } = await readConfiguration(context, options, [
    'clusters',
    'prometheusUrl',
    'alertmanagerUrl',
  ]);
  const { startRange } = await import('#range/start.ts');
  const { ownInstanceFolder, secretFiles } = await import('../up/secrets.ts');
  const stateFolder = stateFolderOf(context);
  await ensurePrivateFolder(stateFolder);
  const webhookUrl =
    options.webhookUrl ?? `http://127.0.0.1:${configuration.server.port}/api/v1/intake/alertmanager`;
  const webhookTokenFile = options.webhookTokenFile ?? secretFiles(ownInstanceFolder(stateFolder)).intakeKey;
  await ensureFile(webhookTokenFile);
  const progress = progressFor(context);
  const range = await startRange({
    ...{ stateFolder, webhookUrl, webhookTokenFile, progress, signal: context.signal },
  });
  try {
    progress.close();
    context.terminal.out(`\n${renderRange(range, webhookUrl, outputStyle(context))}\n`);
    context.terminal.say(context.words.up.staying);
    return await untilAborted(context.signal);
  } finally {
    context.terminal.say(context.words.practice.stopping);
    await range.stop();
  }
}

/** Alertmanager refuses a token file that is not there; `up` writes the token into it at its first start. */
async function ensureFile(path: string): Promise<void> {
  const missing = await access(path).then(
    () => false,
    () => true,
  );
  if (!missing) return;
  await ensurePrivateFolder(dirname(path));
  await writePrivateFile(path, '');
}

const stopPatienceMs = 90_000;
const stopPollMs = 300;

/** Asks the process that runs the range here to end, and waits until it has. */
async function stop(context: CliContext): Promise<ExitCode> {
  const { words, terminal } = context;
  const { ownerOf } = await import('#range/cluster/registry.ts');
  const { rangeIdOf } = await import('#range/cluster/addresses.ts');
  const { rangeLayout, rangeName } = await import('#range/facts.ts');
  const folder = rangeLayout(stateFolderOf(context)).cluster;
  const rangeId = rangeIdOf(await realpath(folder).catch(() => folder), rangeName);
  const owner = await ownerOf(rangeId);
  if (owner === undefined) throw new UnderstudyError('not-found', words.range.notRunning);
  process.kill(owner.pid, 'SIGTERM');
  terminal.say(words.range.stopping);
  const signal = withDeadline(context, stopPatienceMs);
  while ((await ownerOf(rangeId)) !== undefined) await sleep(stopPollMs, undefined, { signal });
  terminal.say(words.range.stopped);
  return exitCodes.ok;
}

async function listFaults(context: CliContext): Promise<ExitCode> {
  const { faults, faultsAt } = await import('#range/faults/catalogue.ts');
  const { rangeLevelSchema } = await import('#range/cluster/level.ts');
  const { words, language, terminal } = context;
  const data = faults.map((fault) => ({
    name: fault.name,
    levels: rangeLevelSchema.options.filter((level) => faultsAt(level).includes(fault)),
    title: fault.title[language],
  }));
  printData(context, data, () =>
    renderTable(
      [{ title: words.column.fault }, { title: words.column.levels }, { title: words.column.description }],
      data.map(({ name, levels, title }) => [name, levels.join(' '), title]),
      { columns: terminal.columns, title: outputStyle(context).paint.quiet },
    ),
  );
  return exitCodes.ok;
}

async function fault(
  context: CliContext,
  name: string,
  state: string | undefined,
  options: CheckOptions,
): Promise<ExitCode> {
  const { words } = context;
  if (options.check === true) {
    if (name !== 'all' || state !== undefined) throw new UnderstudyError('bad-input', words.range.checkAlone);
    return checkAllFaults(context, stateFolderOf(context), options);
  }
  if (name === 'all') throw new UnderstudyError('bad-input', words.range.needsCheck);
  if (state !== 'on' && state !== 'off') throw new UnderstudyError('bad-input', words.range.onOrOff);
  const { faultNamed } = await import('#range/faults/catalogue.ts');
  const { openRange } = await import('#range/facts.ts');
  const known = faultNamed(name);
  const range = await openRange(stateFolderOf(context));
  await known[state](range);
  printData(context, { fault: name, on: state === 'on' }, () => words.range.switched(name, state === 'on'));
  return exitCodes.ok;
}
