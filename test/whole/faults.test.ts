import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { joinInstance, type WholeInstance } from './testing/instance.ts';
import { untilCalm } from './testing/play-incident.ts';

const command = fileURLToPath(new URL('../../bin/understudy.mjs', import.meta.url));
/** Long enough for a machine that builds something else meanwhile; a quiet one needs less than five minutes. */
const checkTimeoutMs = 20 * 60_000;

const resultsSchema = z.array(
  z.object({
    fault: z.string(),
    names: z.enum(['usual', 'other']),
    ...{ alerted: z.boolean(), diagnosed: z.boolean(), object: z.boolean(), cause: z.boolean() },
    ...{ mended: z.boolean(), verified: z.boolean() },
    seconds: z.number(),
    detail: z.string(),
  }),
);

/** Checks faults from a second terminal, as a script would, and answers what the command printed. */
async function check(home: string, args: readonly string[], signal: AbortSignal) {
  const child = spawn(
    process.execPath,
    [command, 'range', 'fault', 'all', '--check', '-o', 'json', ...args],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
      env: { ...process.env, UNDERSTUDY_HOME: home, NO_COLOR: '1' },
    },
  );
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  const [code, printed, said] = await Promise.all([exited, text(child.stdout), text(child.stderr)]);
  return { code, printed, said };
}

/**
 * A fixed sample of the faults, in a shop whose names tell nothing: one that is seen on an object and in a log, one that is
 * felt two calls away from where it is; and a time without any.
 */
describe.runIf(process.platform === 'linux' && process.getuid?.() === 0)('a sample of faults', () => {
  let instance: WholeInstance;
  beforeAll(async () => {
    instance = await joinInstance();
  }, checkTimeoutMs);
  afterAll(() => instance.leave());

  it(
    'are diagnosed with the right object and cause first, mended and verified; a quiet time is left alone',
    async ({ signal }) => {
      const sample = ['config-key-missing', 'slow-dependency'];
      await untilCalm(instance);
      // As they are here, and here they are others than everywhere else.
      const chosen = ['--only', sample.join(), '--names', 'usual'];
      const { code, printed, said } = await check(instance.stateFolder, chosen, signal);
      expect(printed, said).not.toBe('');
      const results = resultsSchema.parse(JSON.parse(printed));
      const faults = results.map(({ fault }) => fault);
      expect(faults.toSorted()).toEqual(['none', ...sample].toSorted());
      expect(faults.at(-1)).toBe('none');
      for (const result of results) {
        expect(result, said).toMatchObject({
          ...{ alerted: true, diagnosed: true, object: true, cause: true, mended: true, verified: true },
        });
      }
      expect(code, said).toBe(0);
    },
    checkTimeoutMs,
  );
});
