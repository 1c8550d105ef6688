import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createApiClient } from '#cli/api-client.ts';
import { type Runtime, runtimeSchema } from '#cli/instance.ts';
import { isDiagnosis } from '#cli/milestones.ts';
import { wordsIn } from '#cli/words/words.ts';
import { readRuntime } from '#machine/state-folder.ts';
import { print, rounded } from './figures.ts';
import { newStateFolder } from './practice-instance.ts';

const command = fileURLToPath(new URL('../../bin/bootstrap.mjs', import.meta.url));
const limitMs = 10 * 60_000;

/** Until the instance in this folder says where it is. */
async function untilUp(stateFolder: string, signal: AbortSignal): Promise<Runtime> {
  for (;;) {
    signal.throwIfAborted();
    const runtime = await readRuntime(stateFolder, runtimeSchema);
    if (runtime !== undefined) return runtime;
    await sleep(50);
  }
}

type Start = { readonly upSeconds: number; readonly diagnosedSeconds: number };

/** `npm start -- --auto-approve`, from the command to the first diagnosis; it is left to play its round to the end. */
async function start(stateFolder: string): Promise<Start> {
  const startedMs = performance.now();
  const seconds = (): number => (performance.now() - startedMs) / 1000;
  const child = spawn(process.execPath, [command, 'start', '--auto-approve'], {
    stdio: ['ignore', process.stderr, process.stderr],
    env: { ...process.env, UNDERSTUDY_HOME: stateFolder },
  });
  const over = AbortSignal.timeout(limitMs);
  const onLimit = (): unknown => child.kill('SIGTERM');
  over.addEventListener('abort', onLimit);
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  try {
    const left = new AbortController();
    child.once('exit', () => left.abort(new Error('it ended before it was measured')));
    const signal = AbortSignal.any([over, left.signal]);
    const { serverUrl: url, apiKeyFile } = await untilUp(stateFolder, signal);
    const upSeconds = seconds();
    const apiKey = (await readFile(apiKeyFile, 'utf8')).trim();
    const client = createApiClient({ url, apiKey, words: wordsIn('en') }, signal);
    let diagnosedSeconds = Number.NaN;
    for await (const event of await client.events({ after: 'latest', signal })) {
      if (!isDiagnosis(event)) continue;
      diagnosedSeconds = seconds();
      break;
    }
    const code = await exited;
    if (code !== 0) throw new Error(`npm start ended with ${code}`);
    return { upSeconds, diagnosedSeconds };
  } finally {
    over.removeEventListener('abort', onLimit);
    child.kill('SIGTERM');
    await exited;
  }
}

/** How long a person waits for the first diagnosis once programs and packages are on the machine. */
const stateFolder = await newStateFolder();
try {
  const fresh = await start(stateFolder);
  const again = await start(stateFolder);
  const how = ({ upSeconds }: Start, folder: string): string =>
    `from the command to the first diagnosis on record, programs and packages cached, ${folder}; everything was up after ${rounded(upSeconds)} s`;
  const common = { unit: 's', aim: '< 60' };
  print({
    ...{ name: 'start.cached_s', value: rounded(fresh.diagnosedSeconds), ...common },
    how: how(fresh, 'a fresh state folder'),
  });
  print({
    ...{ name: 'start.again_s', value: rounded(again.diagnosedSeconds), ...common },
    how: how(again, "yesterday's state"),
  });
} finally {
  await rm(stateFolder, { recursive: true, force: true });
}
