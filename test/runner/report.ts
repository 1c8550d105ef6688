import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';

/** What is known of one test file, a line each, so that a run that is ended half-way has told what it knows. */
export const reportLineSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('started'), file: z.string() }),
  z.object({
    kind: z.literal('ended'),
    file: z.string(),
    seconds: z.number(),
    passed: z.int(),
    failed: z.int(),
    skipped: z.int(),
    failures: z.array(z.object({ name: z.string(), error: z.string() })),
  }),
  /** Errors that belong to no test. */
  z.object({ kind: z.literal('unhandled'), errors: z.array(z.string()) }),
]);
export type ReportLine = z.infer<typeof reportLineSchema>;
export type Failure = Extract<ReportLine, { kind: 'ended' }>['failures'][number];

/** Where the lines go. */
export const reportVariable = 'UNDERSTUDY_TEST_REPORT';

const firstLines = 8;
const lastLines = 12;
const longestLine = 300;

/** An error in few lines: how it begins, how it ends, where it was thrown. */
export function shortError(error: { readonly message: string; readonly stack?: string | undefined }): string {
  const lines = stripVTControlCharacters(error.message)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => (line.length > longestLine ? `${line.slice(0, longestLine)}…` : line));
  const left = lines.length - firstLines - lastLines;
  const kept =
    left <= 0
      ? lines
      : [...lines.slice(0, firstLines), `… ${left} lines …`, ...lines.slice(lines.length - lastLines)];
  return [...kept, ...placeOf(error.stack)].join('\n');
}

function placeOf(stack: string | undefined): string[] {
  const frames = stripVTControlCharacters(stack ?? '').split('\n');
  const ours = frames.find((line) => /^\s+at /.test(line) && !line.includes('node_modules'));
  return ours === undefined ? [] : [ours.trim()];
}
