import { Connection } from '@temporalio/client';
import pg from 'pg';
import { z } from 'zod';
import type { Configuration } from '#domain/configuration.ts';
import { messageOf } from '#domain/errors.ts';
import type { DoctorCheck } from '#machine/doctor-checks.ts';
import type { Words } from '../words/words.ts';
import { backEndChecks } from './check-back-ends.ts';
import { checkActor, checkReader } from './check-cluster.ts';
import { type HttpLook, lookAtHttp } from './look-at-http.ts';
import type { Found, SystemCheck } from './system-check.ts';

/** What does not answer within this is as good as not there. */
const lookTimeoutMs = 5_000;
const leastPostgres = 14;

/**
 * Looks at everything of the user's own that the configuration names, all at once; nothing is changed.
 * @param timeoutMs for each look
 */
export function checkSystems(
  configuration: Configuration,
  words: Words,
  timeoutMs = lookTimeoutMs,
): Promise<DoctorCheck[]> {
  const systems = systemsOf(configuration, words);
  return Promise.all(systems.map((system) => checked(system, words, timeoutMs)));
}

async function checked(
  { name, mend, look }: SystemCheck,
  words: Words,
  timeoutMs: number,
): Promise<DoctorCheck> {
  const signal = AbortSignal.timeout(timeoutMs);
  const tooLong = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error(words.doctor.slow(timeoutMs / 1000))));
  });
  const looking = look(signal);
  // Once the time is up nobody listens to it any more.
  looking.catch(() => undefined);
  try {
    return { name, ...(await Promise.race([looking, tooLong])) };
  } catch (error) {
    return { name, state: 'missing', text: reasonOf(error), mend };
  }
}

/** With several addresses tried, and behind `fetch failed`, the reason stands inside. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return messageOf(error.errors[0]);
  return error instanceof TypeError && error.cause !== undefined ? reasonOf(error.cause) : messageOf(error);
}

function systemsOf(configuration: Configuration, words: Words): SystemCheck[] {
  const { databaseUrl, temporal, prometheusUrl, alertmanagerUrl, clusters } = configuration;
  const { doctor } = words;
  const systems: SystemCheck[] = [];
  if (databaseUrl !== undefined)
    systems.push({
      name: 'databaseUrl',
      mend: doctor.mendSetting('DATABASE_URL'),
      look: () => lookAtDatabase(databaseUrl, words),
    });
  const { address, namespace } = temporal;
  if (address !== undefined)
    systems.push({
      name: 'temporal.address',
      mend: doctor.mendSetting('TEMPORAL_ADDRESS'),
      look: () => lookAtTemporal(address, namespace, words),
    });
  if (prometheusUrl !== undefined)
    systems.push({
      name: 'prometheusUrl',
      mend: doctor.mendSetting('PROMETHEUS_URL'),
      look: (signal) => lookAtHttp(prometheusUrl, { ...prometheus, signal, words }),
    });
  if (alertmanagerUrl !== undefined)
    systems.push({
      name: 'alertmanagerUrl',
      mend: doctor.mendSetting('ALERTMANAGER_URL'),
      look: (signal) => lookAtHttp(alertmanagerUrl, { ...alertmanager, signal, words }),
    });
  systems.push(...backEndChecks(configuration, words));
  for (const cluster of clusters) {
    systems.push(checkReader(cluster, words));
    if (cluster.actorKubeconfig !== undefined) systems.push(checkActor(cluster, words));
  }
  return systems;
}

const databaseSchema = z.object({ version: z.int(), create: z.boolean() });

/** Whether PostgreSQL lets us in, is recent enough, and lets us make our tables. */
async function lookAtDatabase(url: string, { doctor }: Words): Promise<Found> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: lookTimeoutMs });
  // A connection that breaks also fails the query; without a listener it would end this process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query(
      `SELECT current_setting('server_version_num')::int / 10000 AS version,
         has_database_privilege(current_database(), 'CREATE') AS create`,
    );
    const { version, create } = databaseSchema.parse(rows[0]);
    if (version < leastPostgres)
      return { state: 'missing', text: `PostgreSQL ${version}`, mend: doctor.mendPostgres(leastPostgres) };
    if (!create) return { state: 'missing', text: doctor.noCreate, mend: doctor.mendCreate };
    return { state: 'ok', text: `PostgreSQL ${version}` };
  } finally {
    await client.end();
  }
}

async function lookAtTemporal(address: string, namespace: string, { doctor }: Words): Promise<Found> {
  const connection = await Connection.connect({ address, connectTimeout: lookTimeoutMs });
  try {
    await connection.workflowService.describeNamespace({ namespace });
    return { state: 'ok', text: doctor.answers(address) };
  } finally {
    await connection.close();
  }
}

const prometheus: HttpLook = {
  kind: 'Prometheus',
  path: 'api/v1/query?query=1',
  answer: z.object({ status: z.literal('success') }),
};
const alertmanager: HttpLook = {
  kind: 'Alertmanager',
  path: 'api/v2/status',
  answer: z.object({ cluster: z.object({ status: z.string() }) }),
};
