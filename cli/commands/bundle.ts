import { clusterOptions } from '../configuration/options.ts';
import type { CommandDefinition } from '../program.ts';

export const bundleCommands: CommandDefinition = (program, cli) => {
  const { words } = cli;
  const group = cli.command(program, 'bundle', { summary: words.command.bundle });
  cli
    .command(group, 'export', {
      summary: words.command.bundleExport,
      examples: ['bundle export 019aa5f2-7c31 ./incident-42'],
    })
    .argument('<incident>', words.argument.incident)
    .argument('<folder>', words.option.bundle)
    .action((incident: string, folder: string) =>
      cli.run(async (context) => {
        const { exportBundle } = await import('../bundle/export.ts');
        return exportBundle(context, incident, folder);
      }),
    );
  const capture = cli
    .command(group, 'capture', {
      summary: words.command.bundleCapture,
      examples: ['bundle capture ./now --namespace shop', 'bundle capture ./now --alert alert.json'],
    })
    .argument('<folder>', words.option.bundle)
    .option('--namespace <name>', words.option.diagnosedNamespace)
    .option('--service <name>', words.option.diagnosedService)
    .option('--alert <file>', words.option.bundleAlert);
  for (const option of clusterOptions(words)) capture.addOption(option);
  capture.action((folder: string, options) =>
    cli.run(async (context) => {
      const { captureBundle } = await import('../bundle/capture.ts');
      return captureBundle(context, folder, options);
    }),
  );
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
