import { UnderstudyError } from '#domain/errors.ts';
import { type CliContext, outputStyle, printData } from '../context.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { createFollower, lastDiagnosis } from '../follow.ts';
import { incidentIdOf } from '../ids.ts';
import { connect } from '../instance.ts';
import { milestonesOf } from '../milestones.ts';
import { countOption } from '../options.ts';
import type { CommandDefinition } from '../program.ts';
import { storyOf } from '../story-of.ts';
import { renderDiagnosis } from '../views/diagnosis-view.ts';
import { renderGate } from '../views/gate-view.ts';
import { renderCase, renderIncidentHead, renderIncidents } from '../views/incident-view.ts';
import { renderTimeline } from '../views/narration.ts';

const usualLimit = 50;

export const incidentCommands: CommandDefinition = (program, cli) => {
  const { words } = cli;
  const group = cli.command(program, 'incident', { summary: words.command.incident });
  cli
    .command(group, 'ls', {
      summary: words.command.incidentLs,
      examples: ['incident ls', 'incident ls --all --limit 10', "incident ls -o json | jq -r '.[].id'"],
    })
    .option('--all', words.option.all)
    .addOption(countOption('--limit <n>', words.option.limit(usualLimit), words))
    .action((options: ListOptions) => cli.run((context) => list(context, options)));
  cli
    .command(group, 'show', {
      summary: words.command.incidentShow,
      examples: ['incident show 019aa5f2-7c31', 'incident show 019aa5f2-7c31 -o json'],
    })
    .argument('<incident>', words.argument.incident)
    .action((id: string) => cli.run((context) => show(context, id)));
  cli
    .command(group, 'watch', {
      summary: words.command.incidentWatch,
      examples: ['incident watch', 'incident watch 019aa5f2-7c31'],
    })
    .argument('[incident]', words.argument.incident)
    .action((id: string | undefined) => cli.run((context) => watch(context, id)));
  cli
    .command(group, 'take-over', {
      summary: words.command.incidentTakeOver,
      examples: ['incident take-over 019aa5f2-7c31 --reason "I know this one"'],
    })
    .argument('<incident>', words.argument.incident)
    .option('--reason <text>', words.option.takeOverReason)
    .action((id: string, { reason }: { reason?: string }) =>
      cli.run((context) => takeOver(context, id, reason)),
    );
  cli
    .command(group, 'close', {
      summary: words.command.incidentClose,
      examples: ['incident close 019aa5f2-7c31 --reason "the node was replaced"'],
    })
    .argument('<incident>', words.argument.incident)
    .option('--reason <text>', words.option.closeReason)
    .action((id: string, { reason }: { reason?: string }) =>
      cli.run((context) => close(context, id, reason)),
    );
};

type ListOptions = { readonly all?: true; readonly limit?: number };

async function list(context: CliContext, { all, limit = usualLimit }: ListOptions): Promise<ExitCode> {
  const { terminal, words } = context;
  const client = await connect(context);
  const incidents = await client.incidents({ ...(all === true ? {} : { status: 'open' as const }), limit });
  if (incidents.length === 0) terminal.say(all === true ? words.incident.noneAtAll : words.incident.none);
  const options = { style: outputStyle(context), columns: terminal.columns, nowMs: Date.now() };
  if (incidents.length > 0 || context.output !== 'table') {
    printData(context, incidents, () => renderIncidents(incidents, options));
  }
  return exitCodes.ok;
}

async function show(context: CliContext, prefix: string): Promise<ExitCode> {
  const { terminal, words } = context;
  const client = await connect(context);
  const id = await incidentIdOf(client, prefix, words);
  if (context.output !== 'table') {
    terminal.out(JSON.stringify(await client.incidentDocument(id), undefined, 2));
    return exitCodes.ok;
  }
  const found = await client.incident(id);
  const story = storyOf(found);
  const diagnosis = lastDiagnosis(found);
  const style = outputStyle(context);
  const nowMs = Date.now();
  const parts = [
    renderIncidentHead(found.incident, found.alerts, style, nowMs),
    diagnosis === undefined ? words.diagnosis.none : renderDiagnosis(diagnosis, style),
    ...found.gates.map((gate) => renderGate(gate, style, nowMs)),
    renderTimeline(story, style),
    ...(found.case === undefined ? [] : [renderCase(found.case, milestonesOf(story), style)]),
  ];
  terminal.out(parts.join('\n\n'));
  return exitCodes.ok;
}

/** One incident until it is closed, or all of them until Ctrl-C. */
async function watch(context: CliContext, prefix: string | undefined): Promise<ExitCode> {
  const { terminal, words } = context;
  const signal = AbortSignal.any([context.signal, terminal.audienceLeft]);
  const client = await connect(context, signal);
  const incidentId = prefix === undefined ? undefined : await incidentIdOf(client, prefix, words);
  const print = (text: string): void => terminal.out(text);
  const follower = createFollower({ client, style: outputStyle(context), print, nowMs: Date.now });
  try {
    const events = await client.events({
      signal,
      // One that is asked for by name is told from its beginning.
      ...(incidentId === undefined ? { after: 'latest' as const } : { incidentId, after: 0 }),
      onBreak: () => terminal.say(words.practice.streamLost),
    });
    if (incidentId === undefined) terminal.say(words.incident.waitingForNext);
    for await (const event of events) {
      if (context.output !== 'table') terminal.out(JSON.stringify(event));
      else await follower.tell(event);
      if (incidentId !== undefined && event.type === 'case.recorded') return exitCodes.ok;
    }
  } catch (error) {
    if (!terminal.audienceLeft.aborted) throw error;
  }
  return exitCodes.ok;
}

/** Ended by a person: with the reason, which is asked for where it was not given. */
async function close(context: CliContext, prefix: string, given: string | undefined): Promise<ExitCode> {
  const { terminal, words, signal } = context;
  const client = await connect(context);
  const id = await incidentIdOf(client, prefix, words);
  const { incident } = await client.incident(id);
  let reason = given?.trim() ?? '';
  if (reason === '' && terminal.interactive) {
    terminal.say(incident.title);
    reason = (await terminal.ask(words.incident.askCloseReason, signal))?.trim() ?? '';
  }
  if (reason === '') throw new UnderstudyError('bad-input', words.incident.closeReasonNeeded);
  const closed = await client.closeIncident(id, reason);
  printData(context, { incidentId: id, ...closed }, () => words.incident.isBeingClosed(incident.title));
  return exitCodes.ok;
}

async function takeOver(context: CliContext, prefix: string, reason: string | undefined): Promise<ExitCode> {
  const { words } = context;
  const client = await connect(context);
  const id = await incidentIdOf(client, prefix, words);
  const takenOverBy = await client.takeOver(id, reason);
  const { incident } = await client.incident(id);
  printData(context, { incidentId: id, takenOverBy }, () => words.incident.youHaveIt(incident.title));
  return exitCodes.ok;
}
