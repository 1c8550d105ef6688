import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { EndingSignal } from './exit-codes.ts';

// Compiled code is kept, which halves the time until a command answers. In the user's own cache: what lies there is run.
enableCompileCache(join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'understudy', 'compiled'));
const { runCli } = await import('./program.ts');
const { endingSignals, exitCodeOfSignal } = await import('./exit-codes.ts');

const controller = new AbortController();

/** npm passes a signal on that its whole group got anyway: what comes this soon after the first is the same one. */
const sameSignalMs = 1_000;
let firstMs = Number.POSITIVE_INFINITY;

/** The first time: end what is running in its own way. The second time: at once; the next start clears up after it. */
function interrupt(signal: EndingSignal): void {
  const nowMs = performance.now();
  if (!controller.signal.aborted) {
    firstMs = nowMs;
    controller.abort(signal);
  } else if (nowMs - firstMs > sameSignalMs) {
    process.exit(exitCodeOfSignal(signal));
  }
}

for (const signal of endingSignals) process.on(signal, () => interrupt(signal));

const code = await runCli(process.argv.slice(2), {
  streams: { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr },
  environment: process.env,
  cwd: process.cwd(),
  signal: controller.signal,
  interrupt: () => interrupt('SIGINT'),
});

/** What was written and not yet read from a pipe would be lost with the process; a reader that is gone is not waited for. */
function taken(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || !stream.writable) resolve();
    else stream.write('', () => resolve());
  });
}

await Promise.all([process.stdout, process.stderr].map(taken));
process.exit(code);
