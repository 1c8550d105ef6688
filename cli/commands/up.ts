import {
  type ConfigurationOptions,
  configurationOptions,
  readConfiguration,
} from '../configuration/options.ts';
import { type CliContext, outputStyle } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { placesLines, secretLines } from '../practice/opening.ts';
import type { CommandDefinition } from '../program.ts';
import { untilAborted } from '../until-aborted.ts';

export const upCommand: CommandDefinition = (program, cli) => {
  const { words } = cli;
  const command = cli.command(program, 'up', {
    summary: words.command.up,
    examples: ['up', 'up --read-only', 'up --config /etc/understudy.yaml --port 8080'],
  });
  for (const option of configurationOptions(words)) command.addOption(option);
  command.action((options: ConfigurationOptions) => cli.run((context) => up(context, options)));
};

async function up(context: CliContext, options: ConfigurationOptions): Promise<ExitCode> {
  const { terminal, words } = context;
  const { configuration } = await readConfiguration(context, options);
  const { withInstance } = await import('../run-instance.ts');
  return withInstance(context, { configuration, practice: false }, async (instance) => {
    const style = outputStyle(context);
    const notes = [
      ...(configuration.clusters.length === 0 ? [words.up.nothingConnected] : []),
      ...(configuration.readOnly ? [words.up.readOnly] : []),
    ];
    const webhook = `${instance.serverUrl}/api/v1/intake/alertmanager`;
    const lines = [
      style.paint.strong(words.up.title),
      '',
      ...placesLines(instance, style),
      '',
      `  ${words.up.alertsTo}  ${webhook}`,
      ...secretLines(instance, style),
      ...notes.flatMap((note) => ['', `  ${note}`]),
    ];
    terminal.out(`\n${lines.join('\n')}\n`);
    terminal.say(words.up.staying);
    return untilAborted(context.signal);
  });
}
