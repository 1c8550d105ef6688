import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Context } from '@temporalio/activity';
import {
  type ActivityInboundCallsInterceptor,
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type WorkerOptions,
} from '@temporalio/worker';
import type { Logger } from 'pino';
import { collectDefaultMetrics, register } from 'prom-client';
import { processIdHeader } from '#domain/configuration.ts';
import { messageOf } from '#domain/errors.ts';

/** How long a starting process waits between tries to reach Temporal. */
const connectEveryMs = 500;
/** How long running activities may finish when the process is asked to stop. */
const shutdownGraceMs = 5_000;

/** Sends the SDK's own messages to our log; once a process, before any connection. */
export function installRuntime(log: Logger): void {
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      const line = { ...meta, component: 'temporal' };
      if (level === 'ERROR') log.error(line, message);
      else log.warn(line, message);
    }),
    shutdownSignals: ['SIGTERM', 'SIGINT'],
  });
}

/** Connects, however long Temporal takes to come up: a worker that starts first must not die of it. */
export async function connectPatiently(address: string, log: Logger): Promise<NativeConnection> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await NativeConnection.connect({ address });
    } catch (error) {
      if (tries % 20 === 0)
        log.warn({ address, reason: messageOf(error) }, 'Temporal cannot be reached yet: trying on');
      await new Promise((resolve) => setTimeout(resolve, connectEveryMs));
    }
  }
}

/** The folder that Temporal's bundler takes the workflows from. */
export const workflowsPath = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));

/** How payloads are decoded, in the workflows' bundle and beside it. */
export const dataConverter = {
  payloadConverterPath: fileURLToPath(new URL('../workflows/payload-converter.ts', import.meta.url)),
};

/** What is between Temporal and the workflows, in their bundle. */
export const workflowInterceptorModules = [
  fileURLToPath(new URL('../workflows/reserved-names.ts', import.meta.url)),
];

const heartbeatEveryMs = 2_000;

/**
 * Tells Temporal that an activity is still at work, so that what died with its process is begun again within seconds and not
 * only when its time is up. An act is not begun again, so nobody waits for its heartbeat.
 */
export function beating({ info, heartbeat }: Pick<Context, 'info' | 'heartbeat'>): {
  inbound: ActivityInboundCallsInterceptor;
} {
  return {
    inbound: {
      execute: async (input, next) => {
        if ((info.heartbeatTimeoutMs ?? 0) === 0) return next(input);
        const timer = setInterval(heartbeat, heartbeatEveryMs);
        try {
          return await next(input);
        } finally {
          clearInterval(timer);
        }
      },
    },
  };
}

export type WorkerPart = Pick<WorkerOptions, 'taskQueue' | 'activities'> & Partial<WorkerOptions>;

/**
 * Runs several workers on one connection until the process is asked to stop. They start together and end together: one
 * that fails ends the process, and its supervisor starts it anew.
 */
export async function runWorkers(
  connection: NativeConnection,
  namespace: string,
  parts: readonly WorkerPart[],
  onReady: () => void,
): Promise<void> {
  const workers = await Promise.all(
    parts.map((part) =>
      Worker.create({
        connection,
        namespace,
        shutdownGraceTime: shutdownGraceMs,
        maxHeartbeatThrottleInterval: heartbeatEveryMs,
        interceptors: { activity: [beating] },
        ...part,
      }),
    ),
  );
  await runTogether(workers, onReady);
}

/** Runs workers until they end. One that fails takes the others down with it: half a process helps nobody. */
export async function runTogether(
  workers: readonly Pick<Worker, 'run' | 'shutdown' | 'getState'>[],
  onReady: () => void,
): Promise<void> {
  const runs = workers.map((worker) => worker.run());
  onReady();
  try {
    await Promise.all(runs);
  } catch (error) {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    await Promise.race([Promise.allSettled(runs), pause(shutdownGraceMs + 1_000, undefined, { ref: false })]);
    throw error;
  }
}

/** How long letting go may take at the end of a process. */
const leaveMs = 5_000;

/** Lets go of everything and ends the process, even where something holds on: its supervisor waits for that. */
export async function leave(letGo: readonly (() => Promise<void>)[]): Promise<never> {
  await Promise.race([
    Promise.allSettled(letGo.map((end) => end())),
    pause(leaveMs, undefined, { ref: false }),
  ]);
  process.exit();
}

/**
 * Answers `/readyz` (200 once the workers poll) and `/metrics` on loopback, for the supervisor and for Prometheus.
 * @returns a function that marks the process ready
 */
export function serveHealth(port: number): { ready: () => void; close: () => void } {
  let ready = false;
  collectDefaultMetrics();
  const server = createServer((request, response) => {
    if (request.url === '/metrics') {
      register.metrics().then(
        (text) => response.setHeader('content-type', register.contentType).end(text),
        () => response.writeHead(500).end(),
      );
      return;
    }
    response.setHeader(processIdHeader, process.pid);
    response.writeHead(request.url === '/readyz' && ready ? 200 : 503).end();
  });
  server.listen(port, '127.0.0.1');
  return {
    ready: () => {
      ready = true;
    },
    close: () => server.close(),
  };
}
