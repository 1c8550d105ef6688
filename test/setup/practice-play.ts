import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';

export type Played = { readonly code: number | null; readonly output: string };

/** Waits for the end of a practice that nobody is at the keyboard of; what it said on both streams, in order. */
export async function playedBy(child: ChildProcessByStdio<null, Readable, Readable>): Promise<Played> {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  return { code, output };
}
