import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { run, temporaryFolder } from '../testing/run.ts';

/** Commands about this machine, in a folder where nothing runs. */
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder({
    'understudy.yaml': 'clusters: [{ name: a, kubeconfig: ./nowhere }]\ntenant: shop\n',
  });
});
afterEach(() => folder.remove());

function here(line: string, environment: Record<string, string> = {}) {
  const { PATH = '', HOME = '' } = process.env;
  return run(line.split(' '), { cwd: folder.path, environment: { PATH, HOME, ...environment } });
}

const checksSchema = z.array(
  z.object({
    group: z.string(),
    name: z.string(),
    state: z.enum(['ok', 'warning', 'missing']),
    text: z.string(),
    mend: z.string().optional(),
  }),
);

test('doctor says of every part how it is, and of a missing one how to mend it', async () => {
  const { code, stdout } = await here('doctor -o json');
  const checks = checksSchema.parse(JSON.parse(stdout));
  const named = (name: string) => checks.find((check) => check.name.startsWith(name));
  expect(named('Node')).toMatchObject({ state: 'ok' });
  expect(named('temporal')).toBeDefined();
  expect(named('kube-apiserver')).toBeDefined();
  expect(named('clusters[0].kubeconfig')).toMatchObject({ state: 'missing' });
  expect(named('clusters[0].kubeconfig')?.mend).toContain('nowhere');
  expect(named('Understudy')?.text).toContain(folder.path);
  expect(code).toBe(1);
});

test('doctor names a mistake in the configuration and goes on with the rest', async () => {
  const { code, stdout } = await here('doctor', { UNDERSTUDY_SERVER_PORT: 'high' });
  expect(code).toBe(1);
  expect(stdout).toContain('server.port');
  expect(stdout).toContain('✓ Node');
});

test('the faults are listed without a range', async () => {
  const { code, stdout } = await here('range faults -o json');
  expect(code).toBe(0);
  const faults = z.array(z.object({ name: z.string(), title: z.string() })).parse(JSON.parse(stdout));
  expect(faults.length).toBeGreaterThanOrEqual(8);
  expect((await here('range faults --lang zh')).stdout).toContain('镜像不存在');
});

test.each([
  ['range fault bad-release on', 8, 'npm start'],
  ['range fault earthquake on', 2, 'bad-release'],
  ['range fault bad-release', 2, 'on or off'],
  ['range fault all', 2, '--check'],
  ['range fault bad-release --check', 2, '--check'],
  ['range fault all --check --seed many', 2, 'many'],
  ['range fault all --check --names funny', 2, 'usual'],
  ['range fault all --check --only earthquake', 2, 'bad-release'],
  ['range stop', 3, 'npm start'],
  ['start --port high', 2, 'server.port'],
])('%s ends with %d where no range runs', async (line, code, said) => {
  const ran = await here(line);
  expect(ran.code).toBe(code);
  expect(ran.stderr).toContain(said);
  expect(ran.stdout).toBe('');
});

test('the range is never looked for in the shell’s KUBECONFIG', async () => {
  const ran = await here('range fault bad-release on', { KUBECONFIG: '/home/me/.kube/production' });
  expect(ran.code).toBe(8);
});
