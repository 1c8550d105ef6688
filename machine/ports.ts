import { createServer } from 'node:net';

const loopback = '127.0.0.1';

/**
 * Free TCP ports on loopback, as many as asked for and all different; each the preferred one where that is free.
 * They are only looked for, not held: use them at once.
 */
export async function freePorts(preferred: readonly (number | undefined)[]): Promise<number[]> {
  const held = [];
  try {
    for (const port of preferred) held.push((await hold(port)) ?? (await holdAny()));
    return held.map((each) => each.port);
  } finally {
    await Promise.all(held.map((each) => each.release()));
  }
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

type Held = { port: number; release: () => Promise<void> };

async function holdAny(): Promise<Held> {
  const held = await hold(0);
  if (held === undefined) throw new Error('this machine has no free port on loopback');
  return held;
}

function hold(port: number | undefined): Promise<Held | undefined> {
  const { promise, resolve } = Promise.withResolvers<Held | undefined>();
  if (port === undefined) return Promise.resolve(undefined);
  const server = createServer();
  server.once('error', () => resolve(undefined));
  server.listen({ port, host: loopback, exclusive: true }, () => {
    const address = server.address();
    if (address === null || typeof address === 'string') return resolve(undefined);
    const release = () => new Promise<void>((done) => server.close(() => done()));
    resolve({ port: address.port, release });
  });
  return promise;
}
