import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { digestMaxBytes, pageMaxBytes } from '#domain/tools/define-tool.ts';
import { monitorsList } from '#domain/tools/prometheus.ts';
import { callContract, createToolClient } from './client.ts';
import { toolContracts } from './contracts.ts';
import { implement } from './implement.ts';
import { defineToolServer, type ToolServer } from './server.ts';
import { createFixtureServer } from './testing/fixture-server.ts';

const pageSchema = z.object({
  items: z.array(z.object({ name: z.string() })),
  truncated: z.boolean(),
  nextCursor: z.string().optional(),
});

function clientOf(server: ToolServer) {
  return createToolClient({ servers: { prometheus: { kind: 'in-process', server } } });
}

function call(server: ToolServer, args: Record<string, unknown> = {}, options = {}) {
  return clientOf(server).call({ server: 'prometheus', tool: 'monitors', arguments: args }, options);
}

describe('one page', () => {
  test('holds at most 1 MiB, and the rest follows', async () => {
    const server = createFixtureServer({ count: 100, summaryChars: 30_000 });
    const one = await call(server, {}, { maxPages: 1 });
    expect(Buffer.byteLength(JSON.stringify(one.output))).toBeLessThanOrEqual(pageMaxBytes + 1000);
    const page = pageSchema.parse(one.output);
    expect(page.items.length).toBeGreaterThan(30);
    expect(one).toMatchObject({ truncated: true, gaps: ['items after the first 1 pages'] });

    const all = await call(server);
    expect(pageSchema.parse(all.output).items.map((item) => item.name)).toEqual(
      Array.from({ length: 100 }, (_, index) => `monitor-${index}`),
    );
    expect(all).toMatchObject({ truncated: false, gaps: [] });
  });

  test('leaves an item out that no page could hold, and says so', async () => {
    const answer = await call(createFixtureServer({ count: 2, summaryChars: pageMaxBytes + 1 }));
    expect(pageSchema.parse(answer.output).items).toEqual([]);
    expect(answer.gaps).toHaveLength(2);
    expect(answer.gaps[0]).toMatch(/one item of more than \d+ bytes was left out/);
  });

  test('has a digest of at most 8 KiB that counts what it does not show', async () => {
    const answer = await call(createFixtureServer({ count: 400, summaryChars: 200 }));
    expect(Buffer.byteLength(answer.digest)).toBeLessThanOrEqual(digestMaxBytes);
    expect(answer.digest).toMatch(/… and \d+ more items$/);
  });
});

describe('pages', () => {
  test('end where the caller asked them to', async () => {
    const answer = await call(createFixtureServer({ count: 50 }), { limit: 7 });
    expect(pageSchema.parse(answer.output).items).toHaveLength(7);
    expect(answer).toMatchObject({ truncated: true, gaps: [] });
  });

  test('that a cap on bytes leaves out are a gap', async () => {
    const answer = await call(
      createFixtureServer({ count: 100, summaryChars: 30_000 }),
      {},
      { maxBytes: 1_500_000 },
    );
    expect(answer.truncated).toBe(true);
    expect(answer.gaps).toEqual([expect.stringMatching(/items after the first \d+ bytes/)]);
  });

  test('that fail after the first are a gap, and what was read is kept', async () => {
    let pages = 0;
    const server = defineToolServer({
      name: 'prometheus',
      version: '1',
      tools: [
        implement(monitorsList, async () => {
          pages += 1;
          if (pages > 1) throw new Error('gone');
          return { items: [{ name: 'first', state: 'ok' as const }], truncated: true, nextCursor: 'more' };
        }),
      ],
    });
    const answer = await call(server);
    expect(pageSchema.parse(answer.output).items).toHaveLength(1);
    expect(answer).toMatchObject({ truncated: true, gaps: ['items after the first 1 pages: gone'] });
  });

  test('cannot be asked for with a cursor of somebody else', async () => {
    await expect(call(createFixtureServer(), { cursor: 'guess' })).rejects.toMatchObject({
      code: 'bad-input',
    });
  });
});

/** A server that speaks MCP and means something else. */
function strangeServer(structuredContent: unknown, more: object = {}): ToolServer {
  const createMcpServer = () => {
    const server = new McpServer({ name: 'prometheus', version: '1' });
    server.registerTool('monitors', { inputSchema: z.object({}) }, async () => ({
      content: [{ type: 'text', text: 'well' }],
      structuredContent,
      ...more,
    }));
    return server;
  };
  return {
    name: 'prometheus',
    version: '1',
    tools: [],
    createMcpServer,
    handler: createMcpHandler(createMcpServer),
  };
}

describe('an answer that does not fit the contract', () => {
  test.each([
    ['another shape', { rows: [] }],
    ['a wrong field', { items: [{ name: 'x', state: 'fine' }], truncated: false }],
    ['nothing', undefined],
  ])('%s is nonsense', async (_title, content) => {
    await expect(call(strangeServer(content))).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('answered nonsense'),
    });
  });

  test('fields that the contract does not know are left out', async () => {
    const answer = await call(strangeServer({ items: [], truncated: false, secretExtra: 'x' }));
    expect(answer.output).toEqual({ items: [], truncated: false, gaps: [] });
  });

  test('a failure in plain words keeps them, without secrets', async () => {
    const failing = strangeServer(undefined, {
      isError: true,
      content: [{ type: 'text', text: 'no luck with token=abcdef123' }],
    });
    await expect(call(failing)).rejects.toMatchObject({
      code: 'unavailable',
      message: 'monitors failed: no luck with token=[redacted:assignment]',
    });
  });
});

describe('what cannot be called', () => {
  test('a tool that does not exist, a server that is not attached, a tool that the server lacks', async () => {
    const client = clientOf(createFixtureServer());
    const none = (server: string, tool: string) => client.call({ server, tool, arguments: {} });
    await expect(none('prometheus', 'rm_rf')).rejects.toMatchObject({ code: 'not-supported' });
    await expect(none('topology', 'topology_edges')).rejects.toMatchObject({
      code: 'not-supported',
      message: expect.stringContaining('attached: prometheus'),
    });
    await expect(
      client.call({ server: 'prometheus', tool: 'metrics_list_series', arguments: { emitter: {} } }),
    ).rejects.toMatchObject({ code: 'not-supported' });
  });
});

test('a mistake of ours is told to whoever runs the server, and to the caller without its secrets', async () => {
  const told: string[] = [];
  const server = createFixtureServer({}, (error, tool) => told.push(`${tool}: ${String(error)}`));
  const args = { query: 'bug', from: '2026-01-01T00:00:00Z', to: '2026-01-01T00:00:00Z' };
  await expect(
    clientOf(server).call({ server: 'prometheus', tool: 'prometheus_query', arguments: args }),
  ).rejects.toMatchObject({ code: 'internal', message: expect.stringContaining('[redacted:assignment]') });
  expect(told).toEqual([expect.stringContaining('prometheus_query: TypeError')]);
});

test('an answer of a handler that breaks its own contract does not leave', async () => {
  const answer = { items: [{ name: 'x', state: 'ok' as const }], truncated: false, total: 0.5 };
  const server = defineToolServer({
    name: 'prometheus',
    version: '1',
    tools: [implement(monitorsList, async () => answer)],
  });
  await expect(call(server)).rejects.toMatchObject({
    code: 'internal',
    message: expect.stringContaining('total'),
  });
});

test('a typed call gives the typed answer', async () => {
  const { items, total } = await callContract(clientOf(createFixtureServer({ count: 2 })), monitorsList, {});
  expect([items[0]?.name, total]).toEqual(['monitor-0', 2]);
});

test('every tool has one name over all servers, and no server has more than a dozen', () => {
  const names = toolContracts.map((contract) => contract.name);
  expect(new Set(names).size).toBe(names.length);
  for (const server of new Set(toolContracts.map((contract) => contract.server))) {
    const tools = toolContracts.filter((contract) => contract.server === server);
    expect(tools.length).toBeLessThanOrEqual(12);
    const writes = tools.some((contract) => contract.effect === 'write');
    expect(writes, 'what writes lives in an -actions server').toBe(server.endsWith('-actions'));
  }
});
