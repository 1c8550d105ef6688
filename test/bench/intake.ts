import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { Pool, request } from 'undici';
import { memoryFlags } from '#cli/up/own-processes.ts';
import type { ServerProcessSettings } from '#domain/configuration.ts';
import { serviceCatalogueSchema } from '#domain/service-catalogue.ts';
import { fromMs } from '#domain/time.ts';
import { freePort } from '#machine/ports.ts';
import { writePrivateFile } from '#machine/private-file.ts';
import { processSettingsVariable } from '#machine/process-settings.ts';
import { createProgress } from '#machine/progress.ts';
import { bootstrapTenant } from '#server/auth/first-start.ts';
import { startEmbeddedPostgres } from '#store/embedded/embedded-postgres.ts';
import { migrate } from '#store/migrate.ts';
import { openStore } from '#store/pool.ts';
import { startTemporal } from '#temporal-dev/start-temporal.ts';
import { percentile, print, rounded } from './figures.ts';

/**
 * How many alerts a second are accepted, how fast, and whether every accepted one is in the database afterwards: a real
 * PostgreSQL (fsync and synchronous_commit on), a real Temporal server, the server in its own process with authentication
 * and the dispatcher running; one alert a delivery, every delivery a group of its own.
 */
const connections = 32;
const warmUpSeconds = 3;
const seconds = Number(process.env.UNDERSTUDY_BENCH_SECONDS ?? 60);

type Stop = () => Promise<unknown>;
type Instance = { readonly url: string; readonly databaseUrl: string; readonly intakeKey: string };

async function startServerProcess(settings: ServerProcessSettings, folder: string): Promise<ChildProcess> {
  const file = join(folder, 'server.settings.json');
  await writePrivateFile(file, JSON.stringify(settings));
  const entry = fileURLToPath(new URL('../../server/main.ts', import.meta.url));
  const child = spawn(process.execPath, [...memoryFlags.server, entry], {
    env: { ...process.env, [processSettingsVariable]: file, UNDERSTUDY_LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  for (let tries = 0; tries < 200; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const ready = await request(`http://127.0.0.1:${settings.port}/readyz`).catch(() => undefined);
    await ready?.body.dump();
    if (ready?.statusCode === 200) return child;
  }
  child.kill();
  throw new Error('the server did not come up');
}

async function startInstance(folder: string, stops: Stop[]): Promise<Instance> {
  const progress = createProgress({ stream: process.stderr });
  const postgres = await startEmbeddedPostgres({ stateFolder: folder });
  stops.push(() => postgres.stop());
  const temporal = await startTemporal({ stateFolder: folder, progress });
  stops.push(() => temporal.stop());
  progress.close();
  await migrate(postgres.url);
  const store = openStore({ databaseUrl: postgres.url, applicationName: 'bench', poolSize: 1 });
  const first = await bootstrapTenant(store, {
    ...{ tenant: 'default', practice: false, now: fromMs(Date.now()) },
  });
  await store.close();
  if (!first.created) throw new Error('the database is not empty');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = await startServerProcess(
    {
      ...{ tenant: 'default', stateFolder: folder, databaseUrl: postgres.url, host: '127.0.0.1', port },
      temporal: { address: temporal.address, namespace: temporal.namespace },
      ...{ publicUrl: url, keyFolder: join(folder, 'keys'), internalTokenFile: join(folder, 'token') },
      ...{ maxIntakeBytes: 1024 * 1024, readOnly: false },
      ...{ clusters: [], serviceCatalogue: serviceCatalogueSchema.parse({}) },
    },
    folder,
  );
  stops.push(async () => {
    const ended = once(server, 'exit');
    server.kill('SIGTERM');
    await ended;
  });
  return { url, databaseUrl: postgres.url, intakeKey: first.intakeKey };
}

/** What Alertmanager posts for one alert, about 1.2 kB. */
function bodyOf(n: number): string {
  const labels = {
    ...{ alertname: 'HighErrorRate', severity: 'critical', cluster: 'prod', namespace: 'shop' },
    ...{ service: `service-${n}`, job: 'shop/checkout', team: 'payments', region: 'eu-central-1' },
  };
  const annotations = {
    summary: `Error ratio of service-${n} is above 5 %`,
    description:
      'More than 5 % of requests have failed for ten seconds; the budget of this month is at stake.',
    runbook_url: 'https://runbooks.example.com/high-error-rate',
  };
  return JSON.stringify({
    ...{ version: '4', receiver: 'understudy', status: 'firing', truncatedAlerts: 0 },
    groupKey: `{}/{severity="critical"}:{alertname="HighErrorRate", service="service-${n}"}`,
    groupLabels: { alertname: 'HighErrorRate', service: `service-${n}` },
    ...{ commonLabels: labels, commonAnnotations: annotations, externalURL: 'http://alertmanager:9093' },
    alerts: [
      {
        ...{ status: 'firing', labels, annotations, startsAt: '2026-11-21T10:00:00.123456789Z' },
        ...{ endsAt: '0001-01-01T00:00:00Z', fingerprint: n.toString(16).padStart(16, '0') },
        generatorURL: 'http://prometheus:9090/graph?g0.expr=error_ratio',
      },
    ],
  });
}

type Load = { readonly accepted: number; readonly refused: number; readonly latenciesMs: Float64Array };

/** Keeps every connection busy for a time. */
async function load(instance: Instance, forSeconds: number, firstNumber: number): Promise<Load> {
  const pool = new Pool(instance.url, { connections, pipelining: 1 });
  const headers = { authorization: `Bearer ${instance.intakeKey}`, 'content-type': 'application/json' };
  const latencies: number[] = [];
  let refused = 0;
  let next = firstNumber;
  const endMs = performance.now() + forSeconds * 1000;
  async function post(): Promise<void> {
    while (performance.now() < endMs) {
      const body = bodyOf(next);
      next += 1;
      const startedMs = performance.now();
      const answer = await pool.request({
        method: 'POST',
        path: '/api/v1/intake/alertmanager',
        headers,
        body,
      });
      await answer.body.dump();
      if (answer.statusCode === 202) latencies.push(performance.now() - startedMs);
      else refused += 1;
    }
  }
  await Promise.all(Array.from({ length: connections }, post));
  await pool.close();
  return { accepted: latencies.length, refused, latenciesMs: Float64Array.from(latencies).sort() };
}

async function countRows(databaseUrl: string): Promise<{ deliveries: number; waiting: number }> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query(
      `SELECT (SELECT count(*) FROM deliveries d JOIN incidents i ON i.id = d.incident_id)::int AS deliveries,
         (SELECT count(*) FROM outbox)::int AS waiting`,
    );
    return { deliveries: rows[0]?.deliveries, waiting: rows[0]?.waiting };
  } finally {
    await client.end();
  }
}

const folder = await mkdtemp(join(tmpdir(), 'understudy-bench-'));
const stops: Stop[] = [() => rm(folder, { recursive: true, force: true })];
try {
  const instance = await startInstance(folder, stops);
  const warmUp = await load(instance, warmUpSeconds, 0);
  const before = await countRows(instance.databaseUrl);
  const result = await load(instance, seconds, 1_000_000);
  const after = await countRows(instance.databaseUrl);
  const dispatched = after.deliveries - before.deliveries - (after.waiting - before.waiting);
  const ms = (share: number): number => rounded(percentile(result.latenciesMs, share));
  const how = `${connections} connections, ${seconds} s, ${result.accepted} accepted, ${result.refused} refused with 503, ${dispatched} brought to workflows meanwhile, P50 ${ms(0.5)} ms, P95 ${ms(0.95)} ms, P99 ${ms(0.99)} ms`;
  const perSecond = Math.round(result.accepted / seconds);
  print({ name: 'intake.accepted_per_s', value: perSecond, unit: '1/s', aim: '>= 1000', how });
  print({ name: 'intake.p95_ms', value: ms(0.95), unit: 'ms', aim: '< 50', how });
  const lost = warmUp.accepted + result.accepted - after.deliveries;
  print({
    name: 'intake.lost',
    value: lost,
    unit: 'deliveries',
    aim: '0',
    how: 'answered 202 and not in the database',
  });
} finally {
  for (const stop of stops.toReversed()) await stop();
}
