import { Option } from 'commander';
import { severities } from '../analyze/findings.ts';
import { configurationOptions } from '../configuration/options.ts';
import type { CommandDefinition } from '../program.ts';

export const analyzeCommands: CommandDefinition = (program, cli) => {
  const { words } = cli;
  const command = cli
    .command(program, 'analyze', {
      summary: words.command.analyze,
      examples: [
        'analyze --cluster prod',
        'analyze --kubeconfig ~/.kube/config --context prod --namespace shop',
        'analyze --bundle ./incident-42 -o json',
        'analyze --bundles ./incidents -o ndjson',
      ],
    })
    .option('--cluster <name>', words.option.analyzedCluster)
    .option('--kubeconfig <file>', words.option.analyzedKubeconfig)
    .option('--context <name>', words.option.analyzedContext)
    .option('--namespace <name>', words.option.analyzedNamespace)
    .option('--bundle <folder>', words.option.bundle)
    .option('--bundles <folder>', words.option.analyzedBundles)
    .addOption(
      new Option('--severity <least>', words.option.leastSeverity).choices(severities).default('info'),
    );
  for (const option of configurationOptions(words, [])) command.addOption(option);
  command.action((options) =>
    cli.run(async (context) => {
      const { analyzeCommand } = await import('../analyze/run.ts');
      return analyzeCommand(context, options);
    }),
  );
};
