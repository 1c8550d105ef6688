import { UnderstudyError } from '#domain/errors.ts';
import { printData } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { connect } from '../instance.ts';
import type { CommandDefinition } from '../program.ts';

export const stopAllCommand: CommandDefinition = (program, cli) => {
  const { words } = cli;
  cli
    .command(program, 'stop-all', {
      summary: words.command.stopAll,
      examples: ['stop-all on --reason "migration tonight"', 'stop-all off'],
    })
    .argument('<on|off>', words.argument.onOff)
    .option('--reason <text>', words.option.stopReason)
    .action((state: string, { reason }: { reason?: string }) =>
      cli.run(async (context) => {
        if (state !== 'on' && state !== 'off') {
          throw new UnderstudyError('bad-input', words.stopAll.notOnOff(state));
        }
        const client = await connect(context);
        const answer = await client.stopAll(state === 'on', reason);
        printData(context, answer, () => (answer.stopped ? words.stopAll.on : words.stopAll.off));
        return exitCodes.ok;
      }),
    );
};
