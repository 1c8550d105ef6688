import type { CommandDefinition } from '../program.ts';

export const bundleCommands: CommandDefinition = (program, cli) => {
  const { words } = cli;
  const group = cli.command(program, 'bundle', { summary: words.command.bundle });
  cli
    .command(group, 'check', { summary: words.command.bundleCheck, examples: ['bundle check ./incident-42'] })
    .argument('<folder>', words.option.bundle)
    .action((folder: string) =>
      cli.run(async (context) => {
        const { check } = await import('../bundle/check.ts');
        return check(context, folder);
      }),
    );
};
