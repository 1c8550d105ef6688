import { UnderstudyError } from '#domain/errors.ts';
import { type Role, roleSchema, roles } from '#domain/policy/policy.ts';
import type { AccountChange, AccountSecrets } from '#server/api/schemas.ts';
import { type AccountChangeName, accountChanges } from '../api-client.ts';
import { type CliContext, outputStyle, printData } from '../context.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { connect } from '../instance.ts';
import type { CommandDefinition } from '../program.ts';
import { renderSecrets, renderUsers } from '../views/users-view.ts';

type AddOptions = {
  readonly role?: readonly string[];
  readonly environment?: readonly string[];
  readonly service?: true;
  readonly intakeOnly?: true;
};

export const userCommands: CommandDefinition = (program, cli) => {
  const { words } = cli;
  const group = cli.command(program, 'user', { summary: words.command.user });
  cli
    .command(group, 'ls', { summary: words.command.userLs, examples: ['user ls'] })
    .action(() => cli.run(list));
  cli
    .command(group, 'add', {
      summary: words.command.userAdd,
      examples: ['user add ana --role responder approver', 'user add pager --service --intake-only'],
    })
    .argument('<name>', words.argument.user)
    .option('--role <role...>', words.option.role)
    .option('--environment <name...>', words.option.environment)
    .option('--service', words.option.service)
    .option('--intake-only', words.option.intakeOnly)
    .action((name: string, options: AddOptions) => cli.run((context) => add(context, name, options)));
  for (const change of accountChanges) {
    cli
      .command(group, change, { summary: words.user.change[change], examples: [`user ${change} ana`] })
      .argument('<name>', words.argument.user)
      .action((name: string) => cli.run((context) => changeAccount(context, name, change)));
  }
};

async function list(context: CliContext): Promise<ExitCode> {
  const users = await (await connect(context)).users();
  const { columns } = context.terminal;
  printData(context, users, () => renderUsers(users, { style: outputStyle(context), columns }));
  return exitCodes.ok;
}

async function add(context: CliContext, name: string, options: AddOptions): Promise<ExitCode> {
  const { role, environment, service, intakeOnly } = options;
  const client = await connect(context);
  const secrets = await client.addUser({
    name,
    kind: service === true ? 'service' : 'person',
    scope: intakeOnly === true ? 'intake' : 'full',
    ...(role === undefined ? {} : { roles: role.map((text) => roleOf(text, context)) }),
    ...(environment === undefined ? {} : { environments: [...environment] }),
  });
  return show(context, secrets, context.words.user.added(name));
}

function roleOf(text: string, { words }: CliContext): Role {
  const role = roleSchema.safeParse(text).data;
  if (role === undefined)
    throw new UnderstudyError('bad-input', words.error.notOneOf(text, roles.join(', ')));
  return role;
}

async function changeAccount(
  context: CliContext,
  name: string,
  change: AccountChangeName,
): Promise<ExitCode> {
  const client = await connect(context);
  const shown = await client.changeUser(name, change);
  return show(context, shown, context.words.user.changed[change](name, shown.revokedKeys ?? 0));
}

/** What was done, and what is shown only now. */
function show(context: CliContext, shown: AccountChange | AccountSecrets, done: string): ExitCode {
  printData(context, shown, () => [done, ...renderSecrets(shown, outputStyle(context))].join('\n'));
  return exitCodes.ok;
}
