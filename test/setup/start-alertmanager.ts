import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { freePort } from '#machine/ports.ts';
import { findProgram } from '#machine/program.ts';
import { startSupervised } from '#machine/supervised-process.ts';
import { withSharedFiles } from '#range/monitoring/debian-build.ts';
import { rangePrograms } from '#range/programs.ts';

export type RunningAlertmanager = { readonly url: string; readonly stop: () => Promise<void> };

/** A real Alertmanager on loopback that notifies nobody. */
export async function startAlertmanager(config: {
  readonly inhibit_rules?: unknown;
}): Promise<RunningAlertmanager> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-alertmanager-'));
  const configFile = join(folder, 'alertmanager.yaml');
  const quiet = { route: { receiver: 'nobody', group_wait: '1s' }, receivers: [{ name: 'nobody' }] };
  await writeFile(configFile, stringify({ ...quiet, ...config }));
  const [program, port] = await Promise.all([findProgram(rangePrograms.alertmanager), freePort()]);
  const url = `http://127.0.0.1:${port}`;
  const args = [
    `--config.file=${configFile}`,
    `--storage.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
  ];
  const server = await startSupervised({
    ...(await withSharedFiles({ command: program.path, args })),
    name: 'alertmanager',
    env: { ...process.env, ...program.env },
    logFile: join(folder, 'log'),
    pidFile: join(folder, 'pid'),
    isReady: async () => (await fetch(`${url}/-/ready`)).ok,
  });
  return {
    url,
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
