import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { z } from 'zod';
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

const targetsSchema = z.object({
  data: z.object({ activeTargets: z.array(z.object({ health: z.string() })) }),
});

/** Waits for the first scrape of every target: Prometheus takes some seconds to look for them. */
async function eachScraped(url: string, targets: number): Promise<void> {
  const deadlineMs = performance.now() + 120_000;
  for (;;) {
    const answer = await (await fetch(`${url}/api/v1/targets?state=active`)).json();
    const { activeTargets } = targetsSchema.parse(answer).data;
    const scraped = activeTargets.filter((target) => target.health !== 'unknown');
    if (scraped.length === targets) return;
    if (performance.now() > deadlineMs)
      throw new Error(`${scraped.length} of ${targets} targets were scraped`);
    await sleep(100);
  }
}

/** A real Prometheus on loopback, with data of its own that is gone when it is stopped; each target has been scraped. */
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
  await eachScraped(url, jobs.length);
  return {
    url,
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
