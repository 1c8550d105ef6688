import { type CliContext, outputStyle, printData } from '../context.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { connect } from '../instance.ts';
import type { CommandDefinition } from '../program.ts';
import { renderGate } from '../views/gate-view.ts';
import { renderGates } from '../views/incident-view.ts';
import { shortGateId } from '../views/style.ts';

const mostShown = 200;

export const approvalsCommands: CommandDefinition = (program, cli) => {
  const { words } = cli;
  const group = cli.command(program, 'approvals', { summary: words.command.approvals });
  cli
    .command(group, 'ls', {
      summary: words.command.approvalsLs,
      examples: ['approvals ls', "approvals ls -o json | jq -r '.[].gateId'"],
    })
    .option('--all', words.option.gateAll)
    .action(({ all }: { all?: true }) => cli.run((context) => list(context, all === true)));
  cli
    .command(group, 'watch', { summary: words.command.approvalsWatch, examples: ['approvals watch'] })
    .action(() => cli.run(watch));
};

async function list(context: CliContext, all: boolean): Promise<ExitCode> {
  const { terminal, words } = context;
  const client = await connect(context);
  const gates = await client.gates({ ...(all ? {} : { status: 'open' as const }), limit: mostShown });
  if (gates.length === 0) terminal.say(words.approval.none);
  const options = { style: outputStyle(context), columns: terminal.columns, nowMs: Date.now() };
  if (gates.length > 0 || context.output !== 'table')
    printData(context, gates, () => renderGates(gates, options));
  const open = gates.find((gate) => gate.status === 'open');
  if (open !== undefined) terminal.say(words.approval.howTo(shortGateId(open.gateId)));
  return exitCodes.ok;
}

/** Open gates now, and each new one as it opens. */
async function watch(context: CliContext): Promise<ExitCode> {
  const { terminal, words } = context;
  const signal = AbortSignal.any([context.signal, terminal.audienceLeft]);
  const client = await connect(context, signal);
  const style = outputStyle(context);
  const shown = new Set<string>();
  const show = async (gateId: string): Promise<void> => {
    if (shown.has(gateId)) return;
    shown.add(gateId);
    const gate = await client.gate(gateId);
    if (context.output !== 'table') terminal.out(JSON.stringify(gate));
    else terminal.out(`${renderGate(gate, style, Date.now())}\n`);
    terminal.say(words.approval.howTo(shortGateId(gateId)));
  };
  try {
    // Asked for before what is open now, so that none slips through between the two.
    const events = await client.events({ after: 'latest', signal });
    for (const gate of await client.gates({ status: 'open', limit: mostShown })) await show(gate.gateId);
    terminal.say(words.approval.waitingForNext);
    for await (const event of events) {
      if (event.type === 'gate.opened') await show(event.data.gateId);
    }
  } catch (error) {
    if (terminal.audienceLeft.aborted) return exitCodes.ok;
    throw error;
  }
  return exitCodes.ok;
}
