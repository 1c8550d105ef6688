import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { freePort } from '#machine/ports.ts';
import { endLeftovers } from '#machine/supervised-process.ts';
import { postgresAccount } from '#store/embedded/account.ts';
import { databaseFolder } from '#store/embedded/location.ts';

const command = fileURLToPath(new URL('../main.ts', import.meta.url));
/** Every part is a real one, and this machine may be busy. */
const timeoutMs = 10 * 60_000;

let home: string;
let port: number;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'understudy-up-'));
  await chmod(home, 0o711);
  port = await freePort();
});
afterAll(async () => {
  await endLeftovers(join(ownFolder(), 'run'));
  const database = await databaseFolder(ownFolder(), await postgresAccount());
  await Promise.all([home, database].map((path) => rm(path, { recursive: true, force: true })));
});

const ownFolder = (): string => join(home, 'own');

type Up = { readonly child: ChildProcess; readonly said: () => string; saying(text: string): Promise<void> };

/** `understudy up` on nothing of anybody's: PostgreSQL and Temporal are its own. */
function up(): Up {
  const child = spawn(process.execPath, [command, 'up', '--port', String(port)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, UNDERSTUDY_HOME: home, NO_COLOR: '1', LANG: 'C.UTF-8' },
    cwd: home,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  return {
    child,
    said: () => said,
    saying: async (text) => {
      while (!said.includes(text)) {
        if (child.exitCode !== null) throw new Error(`it ended before it said "${text}":\n${said}`);
        await pause(5);
      }
    },
  };
}

/** Processes that were started for this home, by their arguments or their environment. */
async function processesOfHome(): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    if (Number(pid) === process.pid) continue;
    const read = (name: string): Promise<string> =>
      readFile(join('/proc', pid, name), 'utf8').catch(() => '');
    const [commandLine, environment] = await Promise.all([read('cmdline'), read('environ')]);
    if (`${commandLine}${environment}`.includes(home)) found.push(commandLine.replaceAll('\0', ' '));
  }
  return found;
}

describe.runIf(process.platform === 'linux')('understudy up', () => {
  test.each([
    ['while PostgreSQL starts', 'PostgreSQL …'],
    ['once PostgreSQL is there', '✓ PostgreSQL'],
    ['once Temporal is there', '✓ Temporal'],
    ['once everything runs', 'Ctrl-C stops it.'],
  ])(
    'Ctrl-C %s stops what was started, with 130, and the next start works',
    async (_when, text) => {
      const { child, saying, said } = up();
      await saying(text);
      child.kill('SIGINT');
      const [code] = await once(child, 'exit');
      expect(code, said()).toBe(130);
      expect(said()).toContain('Stopped.');
      expect(said()).not.toContain('error');
      expect(await processesOfHome()).toEqual([]);
      expect(existsSync(join(home, 'runtime.json'))).toBe(false);
    },
    timeoutMs,
  );

  test(
    'knows no account of practice, shares no file with it, and clears up after a kill -9',
    async () => {
      const first = up();
      await first.saying('Ctrl-C stops it.');
      const runtime = z
        .object({ serverUrl: z.string(), apiKeyFile: z.string() })
        .parse(JSON.parse(await readFile(join(home, 'runtime.json'), 'utf8')));
      expect(runtime.apiKeyFile).toBe(join(ownFolder(), 'secrets', 'api-key'));
      expect((await readdir(home)).toSorted()).toEqual(
        expect.arrayContaining(['instance.lock', 'own', 'runtime.json']),
      );
      for (const ofPractice of ['secrets', 'temporal', 'postgresql', 'range'])
        expect(existsSync(join(home, ofPractice))).toBe(false);
      const key = (await readFile(runtime.apiKeyFile, 'utf8')).trim();
      const users = await fetch(`${runtime.serverUrl}/api/v1/users`, {
        headers: { authorization: `Bearer ${key}` },
      });
      const { items } = z
        .object({ items: z.array(z.object({ name: z.string() })) })
        .parse(await users.json());
      expect(items.map(({ name }) => name)).toEqual(['admin', 'intake']);

      // A first Ctrl-C would be on its way for a moment; as by `kill -9`, nothing is put in order here.
      first.child.kill('SIGKILL');
      await once(first.child, 'exit');
      expect(await processesOfHome()).not.toEqual([]);
      const second = up();
      await second.saying('Ctrl-C stops it.');
      second.child.kill('SIGTERM');
      const [code] = await once(second.child, 'exit');
      expect(code, second.said()).toBe(143);
      expect(await processesOfHome()).toEqual([]);
    },
    timeoutMs,
  );
});
