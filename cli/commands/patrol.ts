import { UnderstudyError } from '#domain/errors.ts';
import { type CliContext, outputStyle, printData } from '../context.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { connect } from '../instance.ts';
import type { CommandDefinition } from '../program.ts';
import { renderPatrols, renderWatch } from '../views/patrol-view.ts';
import type { PatrolReading } from '../wire.ts';

const patrolName = 'health';

export const patrolCommands: CommandDefinition = (program, cli) => {
  const { words } = cli;
  const group = cli.command(program, 'patrol', { summary: words.command.patrol });
  cli
    .command(group, 'ls', {
      summary: words.command.patrolLs,
      examples: ['patrol ls', "patrol ls -o json | jq '.[].seen[].sighting.message'"],
    })
    .option('--all', words.option.patrolAll)
    .action(({ all }: { all?: true }) => cli.run((context) => list(context, all === true)));
  cli
    .command(group, 'show', { summary: words.command.patrolShow, examples: ['patrol show 3f2a81c4'] })
    .argument('<id>', words.argument.sighting)
    .action((id: string) => cli.run((context) => show(context, id)));
  cli
    .command(group, 'run', { summary: words.command.patrolRun, examples: ['patrol run'] })
    .action(() => cli.run(run));
};

type Seen = PatrolReading['seen'][number];

const isThere = ({ goneAt }: Seen) => goneAt === undefined;

async function list(context: CliContext, all: boolean): Promise<ExitCode> {
  const { terminal, words } = context;
  const patrols = (await (await connect(context)).patrols()).map((patrol) => ({
    ...patrol,
    seen: all ? patrol.seen : patrol.seen.filter(isThere),
  }));
  const seen = patrols.flatMap((patrol) => patrol.seen);
  if (patrols.length === 0) terminal.say(words.patrol.never);
  else if (seen.length === 0) terminal.say(words.patrol.allWell);
  const options = { style: outputStyle(context), columns: terminal.columns, nowMs: Date.now() };
  if (seen.length > 0 || context.output !== 'table')
    printData(context, patrols, () => renderPatrols(seen, options));
  for (const gap of patrols.flatMap(({ gaps }) => gaps)) terminal.say(words.patrol.gap(gap));
  return exitCodes.ok;
}

async function show(context: CliContext, id: string): Promise<ExitCode> {
  const patrols = await (await connect(context)).patrols();
  const found = patrols.flatMap(({ seen }) => seen).filter((one) => one.id.startsWith(id.toLowerCase()));
  const [watch] = found;
  if (watch === undefined) throw new UnderstudyError('not-found', context.words.patrol.noSighting(id));
  if (found.length > 1) {
    const ids = found.slice(0, 5).map((one) => one.id.slice(0, 12));
    throw new UnderstudyError('bad-input', context.words.ids.ambiguous(id, ids.join(', ')));
  }
  printData(context, watch, () => renderWatch(watch, outputStyle(context)));
  return exitCodes.ok;
}

async function run(context: CliContext): Promise<ExitCode> {
  await (await connect(context)).runPatrol(patrolName);
  context.terminal.say(context.words.patrol.started);
  return exitCodes.ok;
}
