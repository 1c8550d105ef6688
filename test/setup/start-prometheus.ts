import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { freePort } from '#machine/ports.ts';
import { findProgram } from '#machine/program.ts';
import { startSupervised } from '#machine/supervised-process.ts';
import { rangePrograms } from '#range/programs.ts';

export type RunningPrometheus = { readonly url: string; readonly stop: () => Promise<void> };

export type ScrapeJob = {
  readonly name: string;
  readonly port: number;
  readonly path: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Default `1s`. */
  readonly interval?: string;
};

function configOf(jobs: readonly ScrapeJob[]): string {
  return stringify({
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: ['rules.yaml'],
    scrape_configs: jobs.map(({ name, port, path, labels, interval = '1s' }) => ({
      job_name: name,
      metrics_path: path,
      scrape_interval: interval,
      scrape_timeout: interval,
      static_configs: [{ targets: [`127.0.0.1:${port}`], labels: labels ?? {} }],
    })),
  });
}

/** A real Prometheus on loopback, with data of its own that is gone when it is stopped. */
export async function startPrometheus(
  jobs: readonly ScrapeJob[],
  rules: unknown,
): Promise<RunningPrometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-prometheus-'));
  await writeFile(join(folder, 'prometheus.yaml'), configOf(jobs));
  await writeFile(join(folder, 'rules.yaml'), stringify(rules));
  const [program, port] = await Promise.all([findProgram(rangePrograms.prometheus), freePort()]);
  const url = `http://127.0.0.1:${port}`;
  const server = await startSupervised({
    name: 'prometheus',
    command: program.path,
    args: [
      `--config.file=${join(folder, 'prometheus.yaml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
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
