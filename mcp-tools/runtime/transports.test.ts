import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client as V1Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as V1Stdio } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as V1Http } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createToolClient, type ToolClient } from './client.ts';
import type { Connection } from './connection.ts';
import { serveHttp } from './serve-http.ts';
import { createFixtureServer } from './testing/fixture-server.ts';

const token = 'the-token-of-this-test';
const main = fileURLToPath(new URL('./testing/fixture-main.ts', import.meta.url));
const settings = { count: 1200, summaryChars: 20, text: ' password=correct-horse' };

let folder: string;
let settingsFile: string;
let abortFile: string;
let http: Awaited<ReturnType<typeof serveHttp>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-runtime-'));
  settingsFile = join(folder, 'settings.yaml');
  abortFile = join(folder, 'aborted');
  await writeFile(settingsFile, JSON.stringify({ ...settings, abortFile }));
  http = await serveHttp(createFixtureServer({ ...settings, abortFile }), { port: 0, token });
});

afterAll(async () => {
  await http.close();
  await rm(folder, { recursive: true, force: true });
});

const stdioArgs = () => [main, '--stdio', '--settings', settingsFile];

const connections = {
  'in-process': () => ({ kind: 'in-process', server: createFixtureServer({ ...settings, abortFile }) }),
  stdio: () => ({ kind: 'stdio', command: process.execPath, args: stdioArgs() }),
  http: () => ({ kind: 'http', url: http.url, token: () => token }),
} satisfies Readonly<Record<string, () => Connection>>;
type Kind = keyof typeof connections;
const kinds: readonly Kind[] = ['in-process', 'stdio', 'http'];

async function withClient<Value>(kind: Kind, use: (client: ToolClient) => Promise<Value>): Promise<Value> {
  const client = createToolClient({ servers: { prometheus: connections[kind]() } });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

const monitors = (args: Record<string, unknown> = {}) => ({
  server: 'prometheus',
  tool: 'monitors',
  arguments: args,
});

describe.each([...kinds])('over %s', (kind) => {
  test('a listing is read to its end, with equal answers whatever the way', async () => {
    const here = await withClient('in-process', (client) => client.call(monitors()));
    const there = await withClient(kind, (client) => client.call(monitors()));
    expect(there.output).toEqual(here.output);
    expect(there.digest).toBe(here.digest);
    expect(there).toMatchObject({ truncated: false, gaps: [], output: { total: 1200 } });
  });

  test('secrets are in neither lane', async () => {
    const answer = await withClient(kind, (client) => client.call(monitors()));
    expect(JSON.stringify(answer)).not.toContain('correct-horse');
    expect(answer.digest).toContain('[redacted:assignment]');
    expect(JSON.stringify(answer.output)).toContain('[redacted:assignment]');
  });

  test('a failure keeps its code, and no secret', async () => {
    const call = {
      server: 'prometheus',
      tool: 'prometheus_query',
      arguments: { query: 'up', from: '2026-01-01T00:00:00Z', to: '2026-01-01T00:00:00Z' },
    };
    const failure = withClient(kind, (client) => client.call(call));
    await expect(failure).rejects.toMatchObject({
      code: 'unavailable',
      message: 'Prometheus is away: http://me:[redacted:url-password]@prometheus:9090',
    });
  });

  test('wrong arguments are named', async () => {
    await expect(withClient(kind, (client) => client.call(monitors({ limit: 0 })))).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('limit'),
    });
  });

  test('tools are listed', async () => {
    const tools = await withClient(kind, (client) => client.tools());
    expect(tools).toEqual(['monitors', 'metrics_targets', 'prometheus_query']);
  });

  test('the moment to speak of arrives', async () => {
    const asOf = '2026-08-01T10:00:00Z';
    const { output } = await withClient(kind, (client) => client.call(monitors({ limit: 1 }), { asOf }));
    expect(output).toMatchObject({ hint: `as of ${asOf}` });
  });

  test('a call that takes too long ends, and the handler hears of it', async () => {
    await rm(abortFile, { force: true });
    const slow = { server: 'prometheus', tool: 'metrics_targets', arguments: {} };
    await withClient(kind, async (client) => {
      await client.tools(); // connected
      await expect(client.call(slow, { timeoutMs: 300 })).rejects.toMatchObject({ code: 'timeout' });
      await expect.poll(() => readFile(abortFile, 'utf8').catch(() => '')).toBe('aborted\n');
    });
  });

  test('a caller who gives up gets his own reason back, and the handler hears of it', async () => {
    await rm(abortFile, { force: true });
    const slow = { server: 'prometheus', tool: 'metrics_targets', arguments: {} };
    await withClient(kind, async (client) => {
      await client.tools();
      const signal = AbortSignal.timeout(200);
      await expect(client.call(slow, { signal })).rejects.toMatchObject({ name: 'TimeoutError' });
      await expect.poll(() => readFile(abortFile, 'utf8').catch(() => '')).toBe('aborted\n');
    });
  });
});

describe('an older client', () => {
  async function withV1<Value>(
    transport: V1Http | V1Stdio,
    use: (client: V1Client) => Promise<Value>,
  ): Promise<Value> {
    const client = new V1Client({ name: 'v1', version: '1' });
    await client.connect(transport);
    try {
      return await use(client);
    } finally {
      await client.close();
    }
  }

  const transports: Readonly<Record<string, () => V1Http | V1Stdio>> = {
    http: () =>
      new V1Http(new URL(http.url), { requestInit: { headers: { Authorization: `Bearer ${token}` } } }),
    stdio: () => new V1Stdio({ command: process.execPath, args: stdioArgs() }),
  };

  test.each(Object.keys(transports))('lists, calls and is told of failures over %s', async (kind) => {
    await withV1(transports[kind]?.() ?? new V1Http(new URL(http.url)), async (client) => {
      const { tools } = await client.listTools();
      expect(tools.map((tool) => tool.name)).toEqual(['monitors', 'metrics_targets', 'prometheus_query']);
      expect(tools[0]).toMatchObject({
        annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true },
        inputSchema: { type: 'object', properties: { limit: { default: 500 } } },
        outputSchema: { type: 'object', required: expect.arrayContaining(['items', 'truncated']) },
      });
      const answer = await client.callTool({ name: 'monitors', arguments: { limit: 2 } });
      expect(answer.structuredContent).toMatchObject({
        items: [{ name: 'monitor-0' }, { name: 'monitor-1' }],
      });
      const failed = await client.callTool({ name: 'monitors', arguments: { limit: 'many' } });
      expect(failed).toMatchObject({ isError: true });
      expect(JSON.stringify(failed.content)).toContain('bad-input');
    });
  });
});

describe('HTTP is closed to strangers', () => {
  const ask = (headers: Record<string, string>, path = '/mcp') =>
    fetch(new URL(path, http.url), { method: 'POST', body: '{}', headers });

  test('without the token, with a wrong one, on another path', async () => {
    expect((await ask({})).status).toBe(401);
    expect((await ask({ Authorization: 'Bearer guess' })).status).toBe(401);
    expect((await ask({ Authorization: `Bearer ${token}` }, '/other')).status).toBe(404);
    const wrong = createToolClient({
      servers: { prometheus: { kind: 'http', url: http.url, token: () => 'guess' } },
    });
    await expect(wrong.call(monitors())).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  test('under another host name, as a page that rebinds a name of its own to loopback would', async () => {
    const answer = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { Host: 'evil.example', Authorization: `Bearer ${token}` };
      httpRequest(http.url, { method: 'POST', headers }, (response) => resolve(response.statusCode))
        .on('error', reject)
        .end('{}');
    });
    expect(answer).toBe(403);
  });

  test("from a browser's page, by its origin", async () => {
    const answer = await ask({ Authorization: `Bearer ${token}`, Origin: 'https://evil.example' });
    expect(answer.status).toBe(403);
  });
});

test('a server alone says what is wrong with its settings, and ends', async () => {
  const bad = join(folder, 'bad.yaml');
  await writeFile(bad, 'count: many\n');
  const child = spawn(process.execPath, [main, '--stdio', '--settings', bad], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const errors: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  const [code] = await once(child, 'exit');
  expect(code).toBe(1);
  expect(Buffer.concat(errors).toString()).toContain('bad.yaml: count: ');
});

describe('a connection that broke', () => {
  test('is made again, over HTTP', async () => {
    let server = await serveHttp(createFixtureServer(settings), { port: 0, token });
    const { url } = server;
    const client = createToolClient({ servers: { prometheus: { kind: 'http', url, token: () => token } } });
    await client.call(monitors({ limit: 1 }));
    await server.close();
    await expect(client.call(monitors({ limit: 1 }))).rejects.toMatchObject({ code: 'unavailable' });
    expect(await client.tools(), 'its tools are still known').toContain('monitors');
    server = await serveHttp(createFixtureServer(settings), { port: Number(new URL(url).port), token });
    await expect(client.call(monitors({ limit: 1 }))).resolves.toMatchObject({ output: { total: 1200 } });
    await server.close();
  });

  test('is made again, with a process that died', async () => {
    const file = join(folder, 'pid.yaml');
    await writeFile(file, 'tellPid: true\n');
    const args = [main, '--stdio', '--settings', file];
    const client = createToolClient({
      servers: { prometheus: { kind: 'stdio', command: process.execPath, args } },
    });
    const pidOf = async () => {
      const { output } = await client.call(monitors({ limit: 1 }));
      return Number(/"pid":"(\d+)"/.exec(JSON.stringify(output))?.[1]);
    };
    try {
      const first = await pidOf();
      process.kill(first, 'SIGKILL');
      expect(await pidOf()).not.toBe(first);
    } finally {
      await client.close();
    }
  });
});
