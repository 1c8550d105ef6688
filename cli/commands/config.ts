import type { Configuration } from '#domain/configuration.ts';
import type { LoadedConfiguration } from '../configuration/load.ts';
import {
  type ConfigurationOptions,
  configurationOptions,
  readConfiguration,
} from '../configuration/options.ts';
import { valueAt } from '../configuration/paths.ts';
import { settings, shownValue } from '../configuration/settings.ts';
import { type CliContext, outputStyle, printData } from '../context.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import type { CommandDefinition } from '../program.ts';
import { renderTable } from '../views/table.ts';
import type { Words } from '../words/words.ts';

export const configCommands: CommandDefinition = (program, cli) => {
  const { words } = cli;
  const group = cli.command(program, 'config', { summary: words.command.config });
  const show = cli.command(group, 'show', {
    summary: words.command.configShow,
    examples: ['config show', 'config show --config ./production.yaml', 'config show -o json'],
  });
  for (const option of configurationOptions(words)) show.addOption(option);
  show.action((options: ConfigurationOptions) => cli.run((context) => showConfiguration(context, options)));
};

type Row = { readonly setting: string; readonly value: string | null; readonly from: string };

async function showConfiguration(context: CliContext, options: ConfigurationOptions): Promise<ExitCode> {
  const { terminal, words } = context;
  const loaded = await readConfiguration(context, options);
  const rows = rowsOf(loaded, words);
  terminal.say(loaded.file === undefined ? words.config.noFile : words.config.file(loaded.file));
  printData(context, rows, () =>
    renderTable(
      [
        { title: words.column.setting },
        { title: words.column.value, shrinks: 'name' },
        { title: words.column.from, shrinks: 'name' },
      ],
      rows.map(({ setting, value, from }) => [setting, value ?? words.config.notSet, from]),
      { columns: terminal.columns, title: outputStyle(context).paint.quiet },
    ),
  );
  return exitCodes.ok;
}

function rowsOf(loaded: LoadedConfiguration, words: Words): Row[] {
  const { configuration } = loaded;
  const row = (path: string, value: unknown): Row => {
    const origin = loaded.originOf(path);
    const from = origin.kind === 'default' ? words.config.default : origin.where;
    return { setting: path, value: value === undefined ? null : shownValue(path, value), from };
  };
  return [
    ...settings.map(({ path }) => row(path, valueAt(configuration, path.split('.')))),
    ...clusterRows(configuration, row),
    row('serviceCatalogue', words.config.services(configuration.serviceCatalogue.services.length)),
  ];
}

function clusterRows({ clusters }: Configuration, row: (path: string, value: unknown) => Row): Row[] {
  return clusters.flatMap((cluster, index) =>
    Object.entries(cluster).map(([field, value]) => row(`clusters[${index}].${field}`, value)),
  );
}
