import { Option } from 'commander';
import { clusterOptions } from '../configuration/options.ts';
import type { CommandDefinition } from '../program.ts';

export const diagnoseCommand: CommandDefinition = (program, cli) => {
  const { words } = cli;
  const command = cli
    .command(program, 'diagnose', {
      summary: words.command.diagnose,
      examples: [
        'diagnose --bundle ./incident-42',
        'diagnose --bundle ./incident-42 --alert alert.json -o json',
        'diagnose --bundles ./incidents -o ndjson',
        'diagnose --namespace shop --service checkout',
        'diagnose --alert alert.json',
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
    .option('--namespace <name>', words.option.diagnosedNamespace)
    .option('--service <name>', words.option.diagnosedService);
  for (const option of clusterOptions(words)) command.addOption(option);
  command.action((options) =>
    cli.run(async (context) => {
      const { diagnose } = await import('../diagnose/run.ts');
      return diagnose(context, options);
    }),
  );
};
