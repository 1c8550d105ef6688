import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { messageOf, UnderstudyError } from '#domain/errors.ts';
import { type CliContext, printData } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { connect } from '../instance.ts';
import type { CommandDefinition } from '../program.ts';

type SendOptions = { readonly sample?: true; readonly file?: string };

export const alertCommands: CommandDefinition = (program, cli) => {
  const { words } = cli;
  const group = cli.command(program, 'alert', { summary: words.command.alert });
  cli
    .command(group, 'send', {
      summary: words.command.alertSend,
      examples: ['alert send --sample', 'alert send -f webhook.json', 'alert send -f - < webhook.json'],
    })
    .option('--sample', words.option.sample)
    .option('-f, --file <file>', words.option.file)
    .action((options: SendOptions) => cli.run((context) => send(context, options)));
};

/** A test alert says so in the label that triage looks at, so that nothing is done about it. */
const sampleAlert = {
  name: 'UnderstudySample',
  severity: 'info',
  summary: 'A sample alert, sent by hand to see that alerts arrive. Nothing is wrong.',
  labels: { test: 'true' },
} as const;

async function send(context: CliContext, { sample, file }: SendOptions) {
  const { words } = context;
  if ((sample === undefined) === (file === undefined)) {
    throw new UnderstudyError('bad-input', words.alert.nothingToSend);
  }
  const body = file === undefined ? undefined : parsed(await textOf(context, file), file, context);
  const client = await connect(context);
  const accepted = file === undefined ? await client.sendAlert(sampleAlert) : await client.sendWebhook(body);
  const { incidentId, outcome } = accepted;
  printData(context, accepted, () =>
    incidentId === undefined ? words.alert.sentNoIncident(outcome) : words.alert.sent(incidentId),
  );
  return exitCodes.ok;
}

async function textOf({ terminal, cwd, words }: CliContext, file: string): Promise<string> {
  if (file === '-') return terminal.readAll();
  return readFile(resolve(cwd, file), 'utf8').catch((error: unknown) => {
    throw new UnderstudyError('bad-input', words.alert.unreadable(file, messageOf(error)), { cause: error });
  });
}

function parsed(text: string, file: string, { words }: CliContext): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UnderstudyError('bad-input', words.alert.notJson(file === '-' ? 'stdin' : file), {
      cause: error,
    });
  }
}
