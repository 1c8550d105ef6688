import { Option } from 'commander';
import type { CommandDefinition } from '../program.ts';

export const diagnoseCommand: CommandDefinition = (program, cli) => {
  const { words } = cli;
  cli
    .command(program, 'diagnose', {
      summary: words.command.diagnose,
      examples: [
        'diagnose --bundle ./incident-42',
        'diagnose --bundle ./incident-42 --alert alert.json -o json',
        'diagnose --bundles ./incidents -o ndjson',
      ],
    })
    .option('--bundle <folder>', words.option.bundle)
    .option('--bundles <folder>', words.option.bundles)
    .option('--alert <file>', words.option.bundleAlert)
    .addOption(
      new Option('--reasoner <name>', words.option.reasoner)
        .choices(['rules', 'model', 'auto'])
        .default('auto'),
    )
    .action((options) =>
      cli.run(async (context) => {
        const { diagnose } = await import('../diagnose/run.ts');
        return diagnose(context, options);
      }),
    );
};
