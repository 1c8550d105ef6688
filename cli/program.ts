import { Command, CommanderError, Option } from 'commander';
import { messageOf, UnderstudyError } from '#domain/errors.ts';
import { findCommand } from '#machine/system-command.ts';
import { commands } from './commands.ts';
import { configuredLanguage } from './configuration/load.ts';
import { type CliContext, deadlineSignal, type OutputForm, outputForms } from './context.ts';
import { parseDurationMs } from './duration.ts';
import { type ExitCode, exitCodeOf, exitCodeOfSignal, exitCodes } from './exit-codes.ts';
import { createTerminal, type Streams } from './terminal.ts';
import { usageProblem } from './usage-problem.ts';
import { versionText } from './version.ts';
import { type Language, languageOfLocale, type Words, wordsIn } from './words/words.ts';

/** The process that a command runs in. */
export type Host = {
  readonly streams: Streams;
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  readonly cwd: string;
  /** Aborted by what ends a command (`endingSignals`); the signal's name is the reason. */
  readonly signal: AbortSignal;
  readonly interrupt: () => void;
};

/** What a command is defined with. */
export type Cli = {
  readonly words: Words;
  /** A command under a parent: its summary, and examples that its help begins with. */
  command(parent: Command, name: string, about: { summary: string; examples?: readonly string[] }): Command;
  /** Runs a command's work with its context, and keeps the exit code that it answers with. */
  run(work: (context: CliContext) => Promise<ExitCode>): Promise<void>;
};

/** Adds a command, or a group of them, to the program. */
export type CommandDefinition = (program: Command, cli: Cli) => void;

type GlobalOptions = {
  readonly output?: OutputForm;
  readonly quiet?: true;
  readonly verbose?: true;
  readonly color: boolean;
  readonly input: boolean;
  readonly timeout?: number;
};

const rootExamples = ['start', 'doctor', 'incident watch', 'approvals ls', 'approve 3f2a81c4'];

/** Runs one command line, and answers with the exit code; nothing is thrown. */
export async function runCli(argv: readonly string[], host: Host): Promise<ExitCode> {
  const language = await languageFor(argv, host);
  const programName = await programNameFor(host);
  const words = wordsIn(language, programName);
  let code: ExitCode = exitCodes.ok;
  const program = createProgram(words, host, programName);
  const cli: Cli = {
    words,
    command: (parent, name, about) => addCommand(parent, name, about, { words, programName }),
    run: async (work) => {
      code = await work(contextFor(program.opts<GlobalOptions>(), { host, words, language, programName }));
    },
  };
  for (const define of commands) define(program, cli);
  try {
    // Without a command: what there is, and that is no mistake.
    await program.parseAsync(argv.length === 0 ? ['--help'] : [...argv], { from: 'user' });
    return host.signal.aborted ? exitCodeOfSignal(host.signal.reason) : code;
  } catch (error) {
    return failed(error, { host, words, program, programName });
  }
}

type Naming = { readonly words: Words; readonly programName: string };

/** What has to be typed here: the command itself where it is installed, `npx` with it in a clone. */
async function programNameFor({ environment }: Host): Promise<string> {
  return (await findCommand('understudy', environment)) === undefined ? 'npx understudy' : 'understudy';
}

/** --lang > UNDERSTUDY_LANGUAGE > understudy.yaml > locale > English. */
async function languageFor(argv: readonly string[], { environment, cwd }: Host): Promise<Language> {
  const flag = argv.findIndex((word) => word === '--lang' || word.startsWith('--lang='));
  const given = flag === -1 ? undefined : (argv[flag]?.split('=')[1] ?? argv[flag + 1]);
  if (given === 'en' || given === 'zh') return given;
  const ofLocale = languageOfLocale(environment);
  return (
    (await configuredLanguage({ environment, cwd, words: wordsIn(ofLocale ?? 'en') })) ?? ofLocale ?? 'en'
  );
}

function createProgram(words: Words, host: Host, programName: string): Command {
  const { option } = words;
  const program = new Command('understudy')
    .description(words.help.summary)
    .exitOverride()
    .helpOption('-h, --help', words.help.showHelp)
    .helpCommand(false)
    .version(versionText, '-V, --version', words.help.showVersion)
    .addOption(new Option('-o, --output <form>', option.output).argParser(oneOf(outputForms, words)))
    .option('-q, --quiet', option.quiet)
    .option('-v, --verbose', option.verbose)
    .option('--no-color', option.color)
    .option('--no-input', option.input)
    .addOption(new Option('--timeout <time>', option.timeout).argParser((text) => duration(text, words)))
    .addOption(new Option('--lang <language>', option.language).argParser(oneOf(['en', 'zh'], words)))
    .configureHelp({ showGlobalOptions: true, styleTitle: (title) => helpTitles(words)[title] ?? title })
    .configureOutput({
      writeOut: (text) => host.streams.stdout.write(text),
      writeErr: (text) => host.streams.stderr.write(text),
      // Said once, in the person's language, where the exit code is made.
      outputError: () => undefined,
    });
  return withExamples(program, rootExamples, { words, programName });
}

function helpTitles({ help }: Words): Readonly<Record<string, string>> {
  return {
    'Usage:': help.usage,
    'Options:': help.options,
    'Global Options:': help.globalOptions,
    'Commands:': help.commands,
    'Arguments:': help.arguments,
  };
}

function addCommand(
  parent: Command,
  name: string,
  { summary, examples = [] }: { summary: string; examples?: readonly string[] },
  naming: Naming,
): Command {
  const command = parent
    .command(name)
    .copyInheritedSettings(parent)
    .description(summary)
    .helpOption('-h, --help', naming.words.help.showHelp)
    .helpCommand(false);
  return withExamples(command, examples, naming);
}

/** Help begins with what one would type. */
function withExamples(
  command: Command,
  examples: readonly string[],
  { words, programName }: Naming,
): Command {
  if (examples.length === 0) return command;
  const lines = examples.map((example) => `  ${programName} ${example}`);
  return command.addHelpText('before', `${[words.help.examples, ...lines].join('\n')}\n`);
}

function oneOf(choices: readonly string[], words: Words): (text: string) => string {
  return (text) => {
    if (choices.includes(text)) return text;
    throw new UnderstudyError('bad-input', words.error.notOneOf(text, choices.join(', ')));
  };
}

/** Reads `90s`, `5m`, `1h` as milliseconds; anything else is `bad-input`. */
export function duration(text: string, words: Words): number {
  const ms = parseDurationMs(text);
  if (ms === undefined || ms === 0) throw new UnderstudyError('bad-input', words.error.notADuration(text));
  return ms;
}

type Setting = Naming & { readonly host: Host; readonly language: Language };

function contextFor(options: GlobalOptions, { host, words, language, programName }: Setting): CliContext {
  const { environment, cwd } = host;
  const terminal = createTerminal(host.streams, {
    environment,
    color: options.color,
    input: options.input,
    quiet: options.quiet === true,
    interrupt: host.interrupt,
  });
  const { timeout } = options;
  return {
    terminal,
    words,
    language,
    output: options.output ?? 'table',
    verbose: options.verbose === true,
    timeoutMs: timeout,
    environment,
    cwd,
    signal:
      timeout === undefined ? host.signal : AbortSignal.any([host.signal, deadlineSignal(timeout, words)]),
    programName,
  };
}

type Failure = Naming & { readonly host: Host; readonly program: Command };

/** Says what went wrong, and answers with its exit code. */
function failed(thrown: unknown, { host, words, program, programName }: Failure): ExitCode {
  // Whoever pressed Ctrl-C knows why it ended.
  if (host.signal.aborted) return exitCodeOfSignal(host.signal.reason);
  const error = reasonOf(thrown);
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return exitCodes.ok;
    const problem = usageProblem(error, words, programName);
    if (problem !== undefined) host.streams.stderr.write(`${words.error.told(problem)}\n`);
    return exitCodes.usage;
  }
  host.streams.stderr.write(`${words.error.told(messageOf(error))}\n`);
  const known = error instanceof UnderstudyError;
  if (!known) host.streams.stderr.write(`${words.error.unexpected}\n`);
  if (program.opts<GlobalOptions>().verbose === true) {
    for (const cause of causes(error)) host.streams.stderr.write(`  ${cause}\n`);
  }
  return exitCodeOf(error);
}

/** What aborted a wait, where that is what the error tells: a time that was over says more than "aborted". */
function reasonOf(error: unknown): unknown {
  const aborted = error instanceof Error && error.name === 'AbortError';
  return aborted && error.cause instanceof UnderstudyError ? error.cause : error;
}

function causes(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  return [error.stack ?? error.message, ...causes(error.cause)];
}
