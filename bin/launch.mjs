// Plain JavaScript without dependencies: this runs on Node 18 with nothing installed.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { installDependencies, works } from './install.mjs';
import { texts } from './texts.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Runs one of the project's TypeScript files with these arguments under a Node that can: installs what is missing, finds
 * that Node, and goes on in it, with this terminal, these signals and its exit code.
 */
export async function launch(script, args, { needsDevelopment = false } = {}) {
  const node = await prepare(needsDevelopment);
  const file = join(root, script);
  if (node === process.execPath) await runHere(file, args);
  else if (node !== undefined) runIn(node, file, args);
}

async function prepare(needsDevelopment) {
  try {
    await installDependencies(root, { needsDevelopment });
    return await findNode();
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error.exitCode ?? 1;
    return undefined;
  }
}

/** Understudy's own Node 24, or this one if it is recent enough: the same result must not depend on what the system has. */
async function findNode() {
  const own = join(root, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
  if (process.versions.node.startsWith('24.')) return process.execPath;
  if (process.platform === 'linux' && existsSync(own) && (await works(own, ['--version']))) return own;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 19)) return process.execPath;
  throw new Error(texts.nodeTooOld(process.versions.node));
}

async function runHere(file, args) {
  process.argv = [process.execPath, file, ...args];
  await import(pathToFileURL(file).href);
}

const passedSignals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

/** npm passes a signal on that its whole group got anyway: what comes this soon after the first is the same one. */
const sameSignalMs = 1_000;

function runIn(node, file, args) {
  const child = spawn(node, [file, ...args], { stdio: 'inherit' });
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const signal of passedSignals) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to the child itself. Without one, this is the only way that the child hears of it.
      const isFromTerminal = signal === 'SIGINT' && process.stdin.isTTY === true;
      if (isFromTerminal || performance.now() - lastMs < sameSignalMs) return;
      lastMs = performance.now();
      child.kill(signal);
    });
  }
  child.on('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    if (signal === null) {
      process.exitCode = code ?? 1;
      return;
    }
    // Die of what the child died of, so that whoever called us sees it too.
    for (const each of passedSignals) process.removeAllListeners(each);
    process.kill(process.pid, signal);
  });
}
