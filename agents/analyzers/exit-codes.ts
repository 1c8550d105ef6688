/** What exit codes say by convention (POSIX shells; 128 and the signal's number; container runtimes use 125 to 128). */
const meanings: Readonly<Record<number, string>> = {
  1: 'a general error',
  2: 'wrong usage of the command',
  125: 'the runtime could not start it',
  126: 'the command cannot be executed',
  127: 'the command was not found',
  128: 'the runtime could not start it',
  130: 'SIGINT: interrupted',
  132: 'SIGILL: an instruction that this processor does not know',
  134: 'SIGABRT: it gave up itself',
  135: 'SIGBUS: memory that is not there',
  136: 'SIGFPE: a calculation that cannot be done',
  137: 'SIGKILL: killed',
  139: 'SIGSEGV: memory that is not its own',
  143: 'SIGTERM: asked to end',
  255: 'an error of its own numbering',
};

/** `139 (SIGSEGV: memory that is not its own)`. */
export function describeExit(code: number | undefined): string {
  if (code === undefined) return 'unknown';
  const meaning = meanings[code];
  return meaning === undefined ? String(code) : `${code} (${meaning})`;
}
