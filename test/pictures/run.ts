import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createApiClient } from '#cli/api-client.ts';
import { runtimeSchema } from '#cli/instance.ts';
import { wordsIn } from '#cli/words/words.ts';
import { readRuntime } from '#machine/state-folder.ts';
import { openTemporalUi, type TemporalBrowser } from '#test/whole/testing/temporal-browser.ts';
import { svgOfAnsi } from './ansi.ts';

/** `npm run pictures`: plays the practice incident at a real terminal and in a real browser, and keeps what they show. */
const command = fileURLToPath(new URL('../../bin/understudy.mjs', import.meta.url));
const pictures = fileURLToPath(new URL('../../docs/pictures', import.meta.url));
const mostBytes = 300_000;
const playMs = 20 * 60_000;

type Session = { readonly seen: () => string; type(text: string): void; readonly ended: Promise<void> };

/** `understudy start` at a terminal of its own, which util-linux' `script` makes. */
function startAtTerminal(home: string): Session {
  const line = `stty cols 104; exec ${process.execPath} ${command} start --fault bad-release`;
  const child = spawn('script', ['-qfec', line, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, UNDERSTUDY_HOME: home, TERM: 'xterm-256color', NO_COLOR: '', LANG: 'C.UTF-8' },
  });
  let seen = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    seen += text;
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => resolve());
  });
  return { seen: () => seen, type: (text) => void child.stdin.write(text), ended };
}

async function until(what: string, session: Session, text: string): Promise<void> {
  const endMs = Date.now() + playMs;
  while (!session.seen().includes(text)) {
    if (Date.now() > endMs) throw new Error(`${what} did not come:\n${session.seen().slice(-4000)}`);
    await pause(200);
  }
}

async function save(name: string, take: (path: string) => Promise<unknown>): Promise<void> {
  const path = join(pictures, name);
  await take(path);
  const { size } = await stat(path);
  if (size > mostBytes) throw new Error(`${name} has ${size} bytes: a page that shows it would be slow`);
  process.stdout.write(`${path} (${size} bytes)\n`);
}

/** The question as the Temporal UI shows it. */
async function takeGate(home: string, browser: TemporalBrowser): Promise<void> {
  const runtime = await readRuntime(home, runtimeSchema);
  const apiKey = (await readFile(runtime?.apiKeyFile ?? '', 'utf8')).trim();
  const { signal } = new AbortController();
  const client = createApiClient({ url: runtime?.serverUrl ?? '', apiKey, words: wordsIn('en') }, signal);
  const [gate] = await client.gates({ status: 'open', limit: 1 });
  await browser.openWorkflow(gate?.workflowId ?? '');
  const { json } = await browser.readDetails();
  await save('temporal-gate.png', (path) => browser.page.screenshot({ path }));
  await browser.fillSignal('decide', json.replace('000000', '••••••'));
  await save('temporal-decide.png', (path) => browser.page.screenshot({ path }));
}

/** The terminal from the alert to the case. */
async function takeTerminal(text: string): Promise<void> {
  const begin = text.lastIndexOf('\n', text.indexOf('fault on:')) + 1;
  const end = text.indexOf('Faults: ', begin);
  const picture = svgOfAnsi(text.slice(begin, end === -1 ? undefined : end).trim());
  await save('terminal.svg', (path) => writeFile(path, picture));
}

const home = await mkdtemp(join(tmpdir(), 'understudy-pictures-'));
await chmod(home, 0o711);
await mkdir(pictures, { recursive: true });
const session = startAtTerminal(home);
let browser: TemporalBrowser | undefined;
try {
  await until('the question', session, 'Approve? [');
  const runtime = await readRuntime(home, runtimeSchema);
  browser = await openTemporalUi(runtime?.temporalUiUrl ?? '');
  await takeGate(home, browser);
  session.type('y\n');
  await until('the end', session, 'Another one?');
  await takeTerminal(session.seen());
} finally {
  session.type('\u0003');
  await session.ended;
  await browser?.close();
  await rm(home, { recursive: true, force: true });
}
