import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { freePort, freePorts, holdPorts, isPortFree } from './ports.ts';

test('the preferred port when it is free, another one when it is not', async () => {
  const port = await freePort();
  expect(await freePort(port)).toBe(port);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  expect(await isPortFree(port)).toBe(false);
  expect(await freePort(port)).not.toBe(port);
  server.close();
});

test('several are all different, also when the same one is preferred twice', async () => {
  const port = await freePort();
  const ports = await freePorts([port, port, undefined, undefined]);
  expect(ports[0]).toBe(port);
  expect(new Set(ports).size).toBe(4);
});

test('a port that is held is not free until it is released, and may be released twice', async () => {
  const wanted = await freePort();
  const [held] = await holdPorts([wanted]);
  expect(held?.port).toBe(wanted);
  expect(await isPortFree(wanted)).toBe(false);
  const [other] = await holdPorts([wanted]);
  expect(other?.port).not.toBe(wanted);
  await Promise.all([held?.release(), other?.release()]);
  await held?.release();
  expect(await isPortFree(wanted)).toBe(true);
});

test('a port that is given is none that an outgoing connection may take before it is used', async () => {
  const range = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').catch(() => '32768\t60999');
  const lowestOutgoing = Number(range.split(/\s+/)[0]);
  for (const port of await freePorts(Array.from({ length: 20 }, () => undefined)))
    expect(port).toBeLessThan(lowestOutgoing);
});
