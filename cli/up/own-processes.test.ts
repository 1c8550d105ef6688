import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { processIdHeader } from '#domain/configuration.ts';
import { answersReady } from './own-processes.ts';

const server = createServer((request, response) => {
  response.setHeader(processIdHeader, process.pid);
  response.writeHead(request.url === '/readyz' ? 200 : 404).end();
});
let port: number;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => {
  server.close();
});

test('a process is ready when it says so itself, not when somebody else on its port does', async () => {
  expect(await answersReady(port, process.pid)).toBe(true);
  expect(await answersReady(port, process.pid + 1)).toBe(false);
});
