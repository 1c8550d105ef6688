import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

// Compiled code is kept, which halves the time until a command answers. In the user's own cache: what lies there is run.
enableCompileCache(join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'understudy', 'compiled'));
const { runCli } = await import('./program.ts');

const controller = new AbortController();

/** The first time: end what is running in its own way. The second time: at once. */
function interrupt(signal: 'SIGINT' | 'SIGTERM'): void {
  if (controller.signal.aborted) process.exit(signal === 'SIGINT' ? 130 : 143);
  controller.abort(signal);
}

process.on('SIGINT', () => interrupt('SIGINT'));
process.on('SIGTERM', () => interrupt('SIGTERM'));

const code = await runCli(process.argv.slice(2), {
  streams: { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr },
  environment: process.env,
  cwd: process.cwd(),
  signal: controller.signal,
  interrupt: () => interrupt('SIGINT'),
});
process.exit(code);
