import { setTimeout as sleep } from 'node:timers/promises';
import { UnderstudyError } from '#domain/errors.ts';
import type { Gate } from '#domain/gate.ts';
import type { ApiClient } from '../api-client.ts';
import { type CliContext, outputStyle, printData, withDeadline } from '../context.ts';
import { sendDecision } from '../decide.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { createFollower } from '../follow.ts';
import { gateIdOf } from '../ids.ts';
import { connect } from '../instance.ts';
import type { CommandDefinition } from '../program.ts';
import type { StoryEvent } from '../story-events.ts';
import { renderGate } from '../views/gate-view.ts';
import { shortIncidentId } from '../views/style.ts';

type ApproveOptions = { readonly yes?: true; readonly wait?: true };

/** Longer than any policy lets a step take to help, soak time included. */
const waitDefaultMs = 15 * 60_000;
/** How long a decision may take to be judged before we say no more than that it was sent. */
const verdictPatienceMs = 10_000;
const verdictPollMs = 300;

export const approveCommand: CommandDefinition = (program, cli) => {
  const { words } = cli;
  cli
    .command(program, 'approve', {
      summary: words.command.approve,
      examples: ['approve 3f2a81c4', 'approve 3f2a81c4 --yes --wait', 'approve 3f2a81c4 --yes -o json'],
    })
    .argument('<gate>', words.argument.gate)
    .option('--yes', words.option.approveYes)
    .option('--wait', words.option.wait)
    .action((gate: string, options: ApproveOptions) => cli.run((context) => approve(context, gate, options)));
};

async function approve(
  context: CliContext,
  prefix: string,
  { yes, wait }: ApproveOptions,
): Promise<ExitCode> {
  const { terminal, words } = context;
  const signal = wait === true ? withDeadline(context, waitDefaultMs) : context.signal;
  const client = await connect(context, signal);
  const gate = await client.gate(await gateIdOf(client, prefix, words));
  if (gate.status !== 'open') throw alreadyClosed(gate, context);
  if (context.output === 'table') terminal.out(renderGate(gate, outputStyle(context), Date.now()));
  if (yes !== true && !(await confirmed(context, signal))) return exitCodes.failure;
  // Asked for before the decision is sent, so that nothing that follows from it is missed.
  const events =
    wait === true ? await client.events({ incidentId: gate.incidentId, after: 'latest', signal }) : undefined;
  const recorded = await sendDecision(client, gate, { decision: 'approve' }, words);
  const after = recorded ? await client.gate(gate.gateId) : await judged(client, gate, context);
  if (after.status === 'rejected') return exitCodes.rejected;
  if (events !== undefined) {
    terminal.out(words.approval.recorded('approve'));
    return followStep({ client, gate, context, events });
  }
  const data = {
    gateId: gate.gateId,
    decision: 'approve',
    status: after.status,
    incidentId: gate.incidentId,
  };
  printData(context, data, () => words.approval.recorded('approve'));
  terminal.say(words.approval.follow(shortIncidentId(gate.incidentId)));
  return exitCodes.ok;
}

function alreadyClosed(gate: Gate, { words }: CliContext): UnderstudyError {
  return new UnderstudyError('conflict', words.approval.alreadyClosed(words.gateStatus[gate.status]));
}

/** Asks once. Without anybody to ask it is a mistake in the command, not a yes. */
async function confirmed({ terminal, words }: CliContext, signal: AbortSignal): Promise<boolean> {
  if (!terminal.interactive) throw new UnderstudyError('bad-input', words.approval.needsYes);
  const answer = (await terminal.ask(words.approval.askOnce, signal))?.trim().toLowerCase() ?? '';
  if (answer === 'y' || answer === 'yes') return true;
  terminal.say(words.approval.notTaken);
  return false;
}

/** The gate once the decision has been judged, or as it is when that takes long. */
async function judged(client: ApiClient, gate: Gate, { terminal, words, signal }: CliContext): Promise<Gate> {
  terminal.say(words.approval.waitingForVerdict);
  const untilMs = Date.now() + verdictPatienceMs;
  let now = await client.gate(gate.gateId);
  while (now.status === 'open' && Date.now() < untilMs) {
    await sleep(verdictPollMs, undefined, { signal });
    now = await client.gate(gate.gateId);
  }
  return now;
}

type Following = {
  readonly client: ApiClient;
  readonly gate: Gate;
  readonly context: CliContext;
  readonly events: AsyncIterable<StoryEvent>;
};

/** Tells what happens until the step is verified or has ended in another way. */
async function followStep({ client, gate, context, events }: Following): Promise<ExitCode> {
  const { terminal } = context;
  const follower = createFollower({
    client,
    style: outputStyle(context),
    print: (text) => terminal.out(text),
    nowMs: Date.now,
  });
  for await (const event of events) {
    await follower.tell(event);
    const code = endOfStep(event, gate);
    if (code !== undefined) return code;
  }
  return exitCodes.failure;
}

const endings: Readonly<Record<string, ExitCode>> = {
  verified: exitCodes.ok,
  failed: exitCodes.failure,
  undone: exitCodes.failure,
  refused: exitCodes.conflict,
  withdrawn: exitCodes.conflict,
  expired: exitCodes.timeout,
  rejected: exitCodes.rejected,
};

function endOfStep(event: StoryEvent, gate: Gate): ExitCode | undefined {
  if (event.type !== 'step.changed') return undefined;
  const { planNo, stepNo, status } = event.data;
  return planNo === gate.planNo && stepNo === gate.stepNo ? endings[status] : undefined;
}
