import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Case } from '#domain/agent-turn.ts';
import { knowledgeSearchRunbooks, knowledgeSimilarCases } from '#domain/tools/knowledge.ts';
import { importRunbooks, storeKnowledge } from '#knowledge/store-knowledge.ts';
import { putCase } from '#store/cases.ts';
import { acceptDeliveries } from '#store/deliveries.ts';
import { inTenant, openStore, type Store } from '#store/pool.ts';
import { countRunbookUse } from '#store/runbooks.ts';
import { useDatabase } from '../../test/setup/services.ts';
import { createToolClient, type ToolClient } from '../runtime/client.ts';
import { createKnowledgeServer } from './server.ts';

let store: Store;
let tools: ToolClient;
let imported = 0;

const openedAt = '2026-01-02T10:00:00.000Z';
const closedAt = '2026-01-02T10:04:00.000Z';

/** An incident of a tenant that has become a case. */
async function learn(tenant: string, learned: Case): Promise<string> {
  return await inTenant(store, tenant, async (tx) => {
    const labels = { alertname: learned.alertNames[0] ?? '', service: learned.service ?? '' };
    const group = {
      groupKey: `${learned.title}`,
      groupLabels: labels,
      commonLabels: labels,
      commonAnnotations: {},
    };
    const alert = {
      fingerprint: 'f',
      status: 'firing' as const,
      labels,
      annotations: {},
      startsAt: openedAt,
    };
    const delivery = {
      ...{ source: 'alertmanager' as const, receiver: 'r', status: 'firing' as const, truncatedAlerts: 0 },
      ...{ ...group, alerts: [alert] },
    };
    const [accepted] = await acceptDeliveries(tx, [{ delivery, receivedAt: openedAt }]);
    if (accepted?.incidentId === undefined) throw new Error('no incident was opened');
    await putCase(tx, { incidentId: accepted.incidentId, case: learned, openedAt, closedAt });
    return accepted.incidentId;
  });
}

const aCase = (title: string, alertName: string, service: string, fields: Partial<Case> = {}): Case => ({
  ...{ title, alertNames: [alertName], service, symptoms: [], outcome: 'mended', steps: [], story: '' },
  ...fields,
});

beforeAll(async () => {
  const { url } = await useDatabase();
  store = openStore({ databaseUrl: url, applicationName: 'test', poolSize: 4 });
  imported = await importRunbooks(store, 'default');
  const server = createKnowledgeServer({ source: storeKnowledge(store, 'default') });
  tools = createToolClient({ servers: { knowledge: { kind: 'in-process', server } } });
});

afterAll(async () => {
  await tools?.close();
  await store?.close();
});

async function runbooks(args: Record<string, unknown>) {
  const request = { server: 'knowledge', tool: 'runbooks_search', arguments: args };
  return knowledgeSearchRunbooks.output.parse((await tools.call(request)).output);
}

async function cases(args: Record<string, unknown>) {
  const request = { server: 'knowledge', tool: 'similar_cases', arguments: args };
  return knowledgeSimilarCases.output.parse((await tools.call(request)).output);
}

test('runbooks come out of the store by words in either language or by cause', async () => {
  expect((await runbooks({ words: '镜像拉不下来' })).items[0]?.id).toBe('image-pull-failed');
  expect((await runbooks({ words: 'kafka consumers pile up' })).items[0]?.id).toBe('consumer-lag');
  const [first] = (await runbooks({ cause: 'probe.readiness-port' })).items;
  expect(first).toMatchObject({ id: 'readiness-probe', used: 0, helped: 0 });
  expect(first).not.toHaveProperty('searchTerms');
  expect((await runbooks({})).total).toBe(imported);
});

test('runbooks that are read in again keep what was counted of them', async () => {
  await inTenant(store, 'default', (tx) => countRunbookUse(tx, { id: 'disk-full', helped: true }));
  expect(await importRunbooks(store, 'default')).toBe(imported);
  const [first] = (await runbooks({ cause: 'resource.disk-full' })).items;
  expect(first).toMatchObject({ id: 'disk-full', used: 1, helped: 1 });
});

test('nothing found says what to try', async () => {
  expect((await runbooks({ words: 'qwertz' })).hint).toMatch(/try other words/);
  expect((await cases({ service: 'nobody' })).hint).toMatch(/nothing like it/);
});

test('a closed incident is found by the next one that is like it, and by no other tenant', async () => {
  const oom = await learn(
    'default',
    aCase('checkout is killed', 'OOM', 'checkout', { cause: 'container.oom-killed', symptoms: ['内存打满'] }),
  );
  await learn('default', aCase('cart is slow', 'LatencyHigh', 'cart', { cause: 'resource.cpu-throttled' }));
  await learn('other', aCase('checkout of others', 'OOM', 'checkout'));
  const found = await cases({ alertName: 'OOM', service: 'checkout' });
  expect(found.items).toHaveLength(1);
  expect(found.items[0]).toMatchObject({ incidentId: oom, similarity: 1, durationSeconds: 240 });
  expect((await cases({ words: 'out of memory' })).items[0]?.incidentId).toBe(oom);
  expect((await cases({ cause: 'container.crash-exit' })).items).toEqual([]);
});

test('as many cases as asked for, the most alike first', async () => {
  for (const name of ['a', 'b', 'c'])
    await learn('default', aCase(`search ${name} is slow`, 'Slow', 'search'));
  const best = await learn(
    'default',
    aCase('search is slow again', 'Slow', 'search', { cause: 'traffic.surge' }),
  );
  const found = await cases({ alertName: 'Slow', service: 'search', cause: 'traffic.surge', limit: 2 });
  expect(found).toMatchObject({ truncated: true, total: 4 });
  expect(found.items.map((one) => one.incidentId)[0]).toBe(best);
});
