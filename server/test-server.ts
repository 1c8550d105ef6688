import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import type { ServerProcessSettings } from '#domain/configuration.ts';
import { serviceCatalogueSchema } from '#domain/service-catalogue.ts';
import { openTestStore, type TestStore } from '#store/test-store.ts';
import { bootstrapTenant } from './auth/first-start.ts';
import type { AppEnv } from './http/env.ts';
import { startServer } from './server.ts';

export const internalToken = 'token-of-our-own-processes';

export type TestServer = {
  readonly app: OpenAPIHono<AppEnv>;
  readonly db: TestStore;
  readonly settings: ServerProcessSettings;
  readonly keys: { readonly admin: string; readonly intake: string; readonly rangeApprover: string };
  readonly totpSecret: string;
  readonly stop: () => Promise<void>;
  /** Asks the app, as the bearer of a key. */
  readonly ask: (method: string, path: string, key: string | undefined, body?: unknown) => Promise<Answer>;
};

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
};

const nowhere = { address: '127.0.0.1:9', namespace: 'default' };

/** The whole server on a database of this test's own, without a port; Temporal is away unless one is given. */
export async function useServer(fields: Partial<ServerProcessSettings> = {}): Promise<TestServer> {
  const server = await openTestServer(fields);
  onTestFinished(() => server.stop());
  return server;
}

/** The same for several tests; whoever opens it stops it. */
export async function openTestServer(fields: Partial<ServerProcessSettings> = {}): Promise<TestServer> {
  const db = await openTestStore();
  const folder = await mkdtemp(join(tmpdir(), 'understudy-test-'));
  const settings: ServerProcessSettings = {
    ...{ tenant: 'default', stateFolder: folder, databaseUrl: db.databaseUrl, temporal: nowhere },
    ...{ host: '127.0.0.1', port: 0, publicUrl: 'http://localhost', keyFolder: join(folder, 'keys') },
    ...{
      maxIntakeBytes: 16 * 1024 * 1024,
      internalTokenFile: join(folder, 'token'),
      clusters: ['range'],
      readOnly: false,
    },
    serviceCatalogue: serviceCatalogueSchema.parse({
      namespaces: { 'range/*': { environment: 'practice' } },
    }),
    ...fields,
  };
  const first = await bootstrapTenant(db.store, {
    ...{ tenant: 'default', practice: true, now: new Date().toISOString() },
  });
  if (!first.created) throw new Error('the database is not empty');
  const server = await startServer({ settings, log: pino({ level: 'silent' }), internalToken });
  return {
    ...{ app: server.app, db, settings, totpSecret: first.totp.secret },
    stop: async () => {
      await server.stop();
      await db.store.close();
      await rm(folder, { recursive: true, force: true });
    },
    keys: { admin: first.apiKey, intake: first.intakeKey, rangeApprover: first.rangeApproverKey ?? '' },
    ask: async (method, path, key, body) => {
      const answer = await server.app.request(path, {
        method,
        headers: {
          ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await answer.text();
      const parsed: unknown = text.startsWith('{') ? JSON.parse(text) : { text };
      return {
        status: answer.status,
        headers: answer.headers,
        body: z.record(z.string(), z.unknown()).parse(parsed),
      };
    },
  };
}

/** What Alertmanager posts for one alert. */
export function anAlertmanagerBody(fields: Record<string, unknown> = {}): Record<string, unknown> {
  const labels = { alertname: 'HighErrorRate', severity: 'critical', service: 'checkout' };
  return {
    ...{ version: '4', receiver: 'understudy', status: 'firing', truncatedAlerts: 0 },
    groupKey: '{}:{alertname="HighErrorRate"}',
    ...{ groupLabels: { alertname: 'HighErrorRate' }, commonLabels: labels, commonAnnotations: {} },
    externalURL: 'http://alertmanager:9093',
    alerts: [
      {
        ...{ status: 'firing', labels, annotations: { summary: 'Too many errors' } },
        ...{ startsAt: '2026-11-21T10:00:00.123456789Z', endsAt: '0001-01-01T00:00:00Z' },
        ...{ generatorURL: 'http://prometheus/graph', fingerprint: '0123456789abcdef' },
      },
    ],
    ...fields,
  };
}
