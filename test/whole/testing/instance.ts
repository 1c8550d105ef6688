import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { inject } from 'vitest';
import { z } from 'zod';
import { type ApiClient, createApiClient } from '#cli/api-client.ts';
import { runtimeSchema } from '#cli/instance.ts';
import { wordsIn } from '#cli/words/words.ts';
import { workerProcessSchema } from '#domain/configuration.ts';
import { type PolicyDurations, shippedPolicy } from '#domain/policy/policy.ts';
import { readRuntime } from '#machine/state-folder.ts';
import { openRange, type RangeFacts } from '#range/facts.ts';
import { putPolicy } from '#store/policies.ts';
import { inTenant, openStore, type Store } from '#store/pool.ts';

/** The one instance that all whole tests share, as somebody sees it who has its state folder. */
export type WholeInstance = {
  readonly stateFolder: string;
  readonly totpSecret: string;
  readonly serverUrl: string;
  readonly temporalUiUrl: string;
  readonly tenant: string;
  readonly databaseUrl: string;
  readonly range: RangeFacts;
  readonly store: Store;
  readonly temporal: Client;
  readonly temporalAddress: string;
  readonly administrator: ApiClient;
  readonly approver: ApiClient;
  /** A client that calls with any key. */
  clientWith(apiKey: string): ApiClient;
  /** Lets go of it; it goes on running for the next test file. */
  leave(): Promise<void>;
};

const servedSchema = z.object({ stateFolder: z.string(), totpSecret: z.string() });

/**
 * Puts durations in force, on top of patient ones: on a busy machine the shop's answers are slow for long after the mend, and
 * it is only mended when they are not. Once it is, a moment's soak will do here; the practice incident soaks as it should.
 */
export async function putDurations(
  { store, tenant }: Pick<WholeInstance, 'store' | 'tenant'>,
  durations: Partial<PolicyDurations> = {},
): Promise<void> {
  const shipped = shippedPolicy.environments.practice?.durations;
  const practice = { durations: { ...shipped, verifyTimeoutMs: 900_000, soakMs: 5_000, ...durations } };
  const policy = { ...shippedPolicy, environments: { practice } };
  await inTenant(store, tenant, (tx) => putPolicy(tx, { policy, by: 'test', at: new Date().toISOString() }));
}

/** Takes part in the shared instance, which the first caller of all starts. */
export async function joinInstance(): Promise<WholeInstance> {
  const answer = await fetch(`${inject('servicesUrl')}/instance`);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`the instance did not start: ${text}`);
  const { stateFolder, totpSecret } = servedSchema.parse(JSON.parse(text));
  const runtime = await readRuntime(stateFolder, runtimeSchema);
  if (runtime?.approverKeyFile === undefined) throw new Error(`no instance runs in ${stateFolder}`);
  const settingsFile = join(stateFolder, 'run', 'worker.settings.json');
  const settings = workerProcessSchema.parse(JSON.parse(await readFile(settingsFile, 'utf8')));
  const store = openStore({ databaseUrl: settings.databaseUrl, applicationName: 'understudy-whole-test' });
  await putDurations({ store, tenant: settings.tenant });
  // Temporal is killed in between: the client connects anew, and whoever asks tries again.
  const connection = Connection.lazy({ address: settings.temporal.address });
  const clientWith = (apiKey: string): ApiClient =>
    createApiClient({ url: runtime.serverUrl, apiKey, words: wordsIn('en') }, new AbortController().signal);
  const keyIn = async (file: string): Promise<string> => (await readFile(file, 'utf8')).trim();
  return {
    stateFolder,
    totpSecret,
    store,
    clientWith,
    serverUrl: runtime.serverUrl,
    temporalUiUrl: runtime.temporalUiUrl ?? '',
    tenant: settings.tenant,
    temporalAddress: settings.temporal.address,
    databaseUrl: settings.databaseUrl,
    range: await openRange(stateFolder),
    temporal: new Client({ connection, namespace: settings.temporal.namespace }),
    administrator: clientWith(await keyIn(runtime.apiKeyFile)),
    approver: clientWith(await keyIn(runtime.approverKeyFile)),
    leave: async () => {
      await Promise.all([store.close(), connection.close()]);
    },
  };
}
