import { charSet, isIn } from './chars.ts';

/**
 * Lines that are one record: a message and the stack trace that follows it, as Java, Python, Go, Node, .NET, Ruby, PHP and
 * Rust print them.
 */

/** What a record that is being read can still bring at the beginning of a line. */
type Open = 'nothing' | 'python' | 'python ended' | 'go' | 'node' | 'rust';

export type RecordJoiner = {
  /**
   * True for a line that goes on with the one before it. `isError`: whether the line before was of the level of an error, to
   * which a trace may belong that begins at the margin.
   */
  readonly continues: (line: string, isError: boolean) => boolean;
};

/** A trace longer than this is cut off from its message. */
const maxLines = 400;
/** As much of a line as tells whether it goes on with another one. */
const mostChars = 1_000;

const frame =
  /^(?:\s+at |\s*\.\.\. \d+ (?:more|common frames)|\s*Caused by: |\s*Suppressed: |\s+File "|\s*---> | {2,}---|#\d+ |\s+\d+: |goroutine \d+ \[|stack backtrace:|note: (?:run with|Some details)|Stack trace:|\[signal SIG|created by |exit status \d|The above exception was|During handling of the above|Node\.js v\d)/;
/** An indented line, unless it is one whose logger pads its frame. */
const indented =
  /^(?:\t| {2,})(?!\s*(?:\[?\d{4}-\d\d-|\[?\d\d:\d\d:\d\d|\[?(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL)\b))/;
const exceptionName = String.raw`(?:[A-Za-z_][\w$]*[.:]+)*(?:[A-Za-z_]\w*(?:Error|Exception|Throwable|Failure|Interrupt|Exit|Warning|Timeout)\w*|Error|Exception)`;
const exceptionLine = new RegExp(`^(?:Exception in thread "[^"]*" )?${exceptionName}(?:: |:?$)`);
const pythonEnd = /^[A-Za-z_][\w.]*(?::\s|$)/;
const goFrame = /^(?:[\w./*()[\]{}·%-]+\(.*\)|main\.\w+.*|runtime\..*)$/;
const isPythonHead = (line: string): boolean => line.startsWith('Traceback (most recent call last)');

/** What a frame, or a line that opens a trace, can begin with: most lines are neither. */
const firstOfFrame = charSet(' \t.C-#gsn[ceTDNS');
const firstOfOpening = charSet('pfgn/t');

function opens(line: string, before: Open): Open {
  if (line.includes('Traceback (most recent call last)')) return 'python';
  if (line.includes('panic serving ')) return 'go';
  if (!isIn(firstOfOpening, line.charCodeAt(0))) return before;
  if (/^(?:panic: |fatal error: |goroutine \d+ \[)/.test(line)) return 'go';
  if (/^(?:node:internal\/|\/\S+\.[cm]?[jt]s:\d+$)/.test(line)) return 'node';
  return /^thread '.*' (?:\(\d+\) )?panicked at .*:$/.test(line) ? 'rust' : before;
}

export function createRecordJoiner(): RecordJoiner {
  let open: Open = 'nothing';
  let length = 0;
  const goesOn = (line: string): boolean => {
    if (line === '') return open !== 'nothing';
    if (isIn(firstOfFrame, line.charCodeAt(0)) && (frame.test(line) || indented.test(line))) return true;
    if (open === 'nothing') return false;
    if (open === 'python') {
      // The last line of a trace names the exception; after a blank one another trace may follow it.
      open = pythonEnd.test(line) ? 'python ended' : 'nothing';
      return open === 'python ended';
    }
    if (open === 'rust') {
      open = 'nothing';
      return true;
    }
    if (open === 'node')
      return exceptionLine.test(line) || /^(?:\}|[\w$]+: |throw |\^)/.test(line.trimStart());
    return open === 'go' && goFrame.test(line);
  };
  return {
    continues: (whole, isError) => {
      const line = whole.length > mostChars ? whole.slice(0, mostChars) : whole;
      const belongs = goesOn(line) || (isError && (isPythonHead(line) || exceptionLine.test(line)));
      if (belongs && length < maxLines) {
        length += 1;
        open = opens(line, open);
        return true;
      }
      length = 0;
      open = opens(line, 'nothing');
      return false;
    },
  };
}

const namedException = new RegExp(
  String.raw`^\s*(?:Caused by: |---> |panic: |Exception in thread "[^"]*" )?(?:${exceptionName}(?:: |$)|(?<=panic: ).)`,
);

/**
 * The line of a record, or of a trace, that names the deepest exception: the last cause of Java's and .NET's, the last line
 * of Python's, the only one of the others. Undefined where none is named.
 */
export function exceptionOf(lines: readonly string[]): string | undefined {
  const causes = lines.filter((line) => /^\s*(?:Caused by: |---> )/.test(line));
  const named = causes.at(-1) ?? lines.findLast((line) => namedException.test(line));
  return named?.trim().slice(0, mostChars);
}
