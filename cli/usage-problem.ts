import type { CommanderError } from 'commander';
import type { Words } from './words/words.ts';

/** The name in quotes that commander's English sentence is about. */
function quoted(message: string): string {
  return /'([^']+)'/.exec(message)?.[1] ?? '';
}

function meant(message: string): string | undefined {
  return /Did you mean (?:one of )?([^?]+)\?/.exec(message)?.[1];
}

type Telling = (message: string, words: Words) => string;

const tellings: Readonly<Record<string, Telling>> = {
  'commander.unknownCommand': (message, { help }) => help.unknownCommand(quoted(message), meant(message)),
  'commander.unknownOption': (message, { help }) => help.unknownOption(quoted(message), meant(message)),
  'commander.missingArgument': (message, { help }) => help.missingArgument(`<${quoted(message)}>`),
  'commander.optionMissingArgument': (message, { help }) => help.missingValue(quoted(message)),
  'commander.missingMandatoryOptionValue': (message, { help }) => help.missingOption(quoted(message)),
  'commander.excessArguments': (_message, { help }) => help.tooManyArguments,
};

/** A mistake in a command line in the person's language; undefined where the help that was printed says it all. */
export function usageProblem(error: CommanderError, words: Words, programName: string): string | undefined {
  if (error.code === 'commander.help') return undefined;
  const tell = tellings[error.code] ?? ((message: string) => message.replace(/^error: /, ''));
  return words.help.usageProblem(tell(error.message, words), programName);
}
