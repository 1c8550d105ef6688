import { expect, test } from 'vitest';
import type { PrometheusCall } from './client.ts';
import { discover } from './discover.ts';
import type { Memory } from './memory.ts';

const labels = ['namespace', 'exported_namespace', 'service', 'pod', 'job'];

/** The queries that are sent for an emitter. */
async function queriesFor(asked: Parameters<typeof discover>[2]): Promise<string[]> {
  const queries: string[] = [];
  const call = {
    queryAt: async (query: string) => {
      queries.push(query);
      return [];
    },
  } as unknown as PrometheusCall;
  const memory = {
    labelNames: async () => new Set(labels),
    types: async () => new Map<string, string>(),
  } as unknown as Memory;
  await discover(call, memory, asked, 1_700_000_000);
  return queries;
}

test('of a service in a namespace only that namespace is loaded', async () => {
  const [query = ''] = await queriesFor({ namespace: 'market', service: 'api' });
  const selectors = query.match(/last_over_time\(\{[^}]*\}/g) ?? [];
  expect(selectors.length).toBeGreaterThan(2);
  for (const selector of selectors) expect(selector).toMatch(/namespace="market"/);
});

test('of a service without a namespace all are', async () => {
  const [query = ''] = await queriesFor({ service: 'api' });
  expect(query).toContain('service="api"');
  expect(query).not.toContain('namespace=');
});

test('everything at once is refused before anything is asked', async () => {
  await expect(queriesFor({})).rejects.toMatchObject({ code: 'bad-input' });
});
