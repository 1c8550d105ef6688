import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const loopback = '127.0.0.1';

/** A port that nobody else can listen on until it is released; twice does no harm. */
export type HeldPort = { readonly port: number; readonly release: () => Promise<void> };

/**
 * Holds free TCP ports on loopback, as many as asked for and all different; each the preferred one where that is free.
 * For ports that are told to others long before somebody listens on them.
 */
export async function holdPorts(preferred: readonly (number | undefined)[]): Promise<HeldPort[]> {
  const held: HeldPort[] = [];
  try {
    for (const port of preferred) held.push((await hold(port)) ?? (await holdAny()));
    return held;
  } catch (error) {
    await releaseAll(held);
    throw error;
  }
}

/** Free TCP ports as {@link holdPorts} finds them. They are only looked for, not held: use them at once. */
export async function freePorts(preferred: readonly (number | undefined)[]): Promise<number[]> {
  const held = await holdPorts(preferred);
  await releaseAll(held);
  return held.map(({ port }) => port);
}

async function releaseAll(held: readonly HeldPort[]): Promise<void> {
  await Promise.all(held.map(({ release }) => release()));
}

/** One free port; see {@link freePorts}. */
export async function freePort(preferred?: number): Promise<number> {
  const [port] = await freePorts([preferred]);
  return port ?? (await holdAny()).port;
}

/** Whether something can listen on this port of loopback now. */
export async function isPortFree(port: number): Promise<boolean> {
  const held = await hold(port);
  await held?.release();
  return held !== undefined;
}

/**
 * Below the ports that systems give to outgoing connections (Linux from 32768, others from 49152) and those that Kubernetes
 * gives to nodes (from 30000): one of those may be taken between its release and the start of who is to listen on it.
 */
const anyPort = { from: 15_000, to: 30_000 };
const mostTries = 200;

async function holdAny(): Promise<HeldPort> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const held = await hold(randomInt(anyPort.from, anyPort.to));
    if (held !== undefined) return held;
  }
  throw new Error('this machine has no free port on loopback');
}

function hold(port: number | undefined): Promise<HeldPort | undefined> {
  const { promise, resolve } = Promise.withResolvers<HeldPort | undefined>();
  if (port === undefined) return Promise.resolve(undefined);
  const server = createServer();
  server.once('error', () => resolve(undefined));
  server.listen({ port, host: loopback, exclusive: true }, () => {
    const address = server.address();
    if (address === null || typeof address === 'string') return resolve(undefined);
    // Holding a port is no reason for a process to go on.
    server.unref();
    const release = () => new Promise<void>((done) => server.close(() => done()));
    resolve({ port: address.port, release });
  });
  return promise;
}
