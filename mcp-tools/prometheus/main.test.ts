import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createToolClient } from '../runtime/client.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-alone-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const nowhere = 'http://127.0.0.1:1';
const servers = [
  ['prometheus', { url: nowhere, cluster: 'practice' }, 'monitors', {}, /Prometheus at 127\.0\.0\.1:1/],
  ['alertmanager', { url: nowhere }, 'alerts_active', {}, /Alertmanager at 127\.0\.0\.1:1/],
  [
    'topology',
    { cluster: 'practice', prometheusUrl: nowhere },
    'topology_edges',
    { namespace: 'shop' },
    /Prometheus at 127\.0\.0\.1:1/,
  ],
] as const;

test.each(servers)('%s runs as a program of its own', async (server, settings, tool, args, failure) => {
  const file = join(folder, `${server}.yaml`);
  await writeFile(file, JSON.stringify(settings));
  const main = fileURLToPath(new URL(`../${server}/main.ts`, import.meta.url));
  const command = [main, '--stdio', '--settings', file];
  const tools = createToolClient({
    servers: { [server]: { kind: 'stdio', command: process.execPath, args: command } },
  });
  try {
    expect(await tools.tools()).toContain(tool);
    await expect(tools.call({ server, tool, arguments: args })).rejects.toThrow(failure);
  } finally {
    await tools.close();
  }
});
