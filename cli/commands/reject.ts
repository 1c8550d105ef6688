import { UnderstudyError } from '#domain/errors.ts';
import { type CliContext, outputStyle, printData } from '../context.ts';
import { sendDecision } from '../decide.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { gateIdOf } from '../ids.ts';
import { connect } from '../instance.ts';
import type { CommandDefinition } from '../program.ts';
import { renderGate } from '../views/gate-view.ts';

export const rejectCommand: CommandDefinition = (program, cli) => {
  const { words } = cli;
  cli
    .command(program, 'reject', {
      summary: words.command.reject,
      examples: ['reject 3f2a81c4 --reason "the old revision has the schema bug"'],
    })
    .argument('<gate>', words.argument.gate)
    .option('--reason <text>', words.option.rejectReason)
    .action((gate: string, { reason }: { reason?: string }) =>
      cli.run((context) => reject(context, gate, reason)),
    );
};

async function reject(context: CliContext, prefix: string, given: string | undefined): Promise<ExitCode> {
  const { terminal, words, signal } = context;
  const client = await connect(context);
  const gate = await client.gate(await gateIdOf(client, prefix, words));
  if (gate.status !== 'open')
    throw new UnderstudyError('conflict', words.approval.alreadyClosed(words.gateStatus[gate.status]));
  let reason = given?.trim() ?? '';
  if (reason === '' && terminal.interactive) {
    terminal.out(renderGate(gate, outputStyle(context), Date.now()));
    reason = (await terminal.ask(words.approval.askReason, signal))?.trim() ?? '';
  }
  if (reason === '') throw new UnderstudyError('bad-input', words.approval.reasonNeeded);
  const recorded = await sendDecision(client, gate, { decision: 'reject', reason }, words);
  printData(context, { gateId: gate.gateId, decision: 'reject', recorded }, () =>
    words.approval.recorded('reject'),
  );
  return exitCodes.ok;
}
