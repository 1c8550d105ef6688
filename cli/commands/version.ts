import { printData } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandDefinition } from '../program.ts';
import { versionText } from '../version.ts';

export const versionCommand: CommandDefinition = (program, cli) => {
  cli.command(program, 'version', { summary: cli.words.command.version }).action(() =>
    cli.run(async (context) => {
      const data = { version: versionText, node: process.versions.node };
      printData(context, data, () => versionText);
      return exitCodes.ok;
    }),
  );
};
