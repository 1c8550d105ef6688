import { Option } from 'commander';
import { type CommandDefinition, duration } from '../program.ts';

export const evalCommand: CommandDefinition = (program, cli) => {
  const { words } = cli;
  cli
    .command(program, 'eval', {
      summary: words.command.eval,
      examples: [
        'eval --suite ./suite',
        'eval --suite ./suite --split tune --misses',
        'eval --suite ./suite -o json > before.json',
        'eval --suite ./suite --compare before.json',
        'eval --suite ./suite --without kubernetes logs',
        'eval --suite ./suite --before 5m',
        'eval --suite ./suite --negatives',
      ],
    })
    .requiredOption('--suite <folder>', words.option.suite)
    .addOption(new Option('--split <part>', words.option.split).choices(['tune', 'held']))
    .option('--compare <file>', words.option.compare)
    .option('--without <path...>', words.option.without)
    .addOption(new Option('--before <time>', words.option.before).argParser((text) => duration(text, words)))
    .option('--misses', words.option.misses)
    .option('--negatives', words.option.negatives)
    .action((options) =>
      cli.run(async (context) => {
        const { evaluate } = await import('../eval/run.ts');
        return evaluate(context, options);
      }),
    );
};
