import { appendFile } from 'node:fs/promises';
import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import { metricsQuery, metricsTargets, monitorsList } from '#domain/tools/prometheus.ts';
import { implement } from '../implement.ts';
import { pageOfList } from '../paging.ts';
import { defineToolServer, type ToolServer } from '../server.ts';

export const fixtureSettingsSchema = z.strictObject({
  /** Monitors that there are. */
  count: z.int().default(3),
  /** Characters of each one's summary. */
  summaryChars: z.int().default(10),
  /** What each one's summary holds besides. */
  text: z.string().default(''),
  /** Says in a label which process answers. */
  tellPid: z.boolean().default(false),
  /** File that `metrics_targets` writes `aborted` to when its caller gives up. */
  abortFile: z.string().optional(),
});

/**
 * A server for tests of the runtime, under contracts of the `prometheus` server: `monitors` lists, `metrics_targets` never
 * answers, `prometheus_query` fails.
 */
export function createFixtureServer(
  given: z.input<typeof fixtureSettingsSchema> = {},
  report?: (error: unknown, tool: string) => void,
): ToolServer {
  const settings = fixtureSettingsSchema.parse(given);
  const monitors = Array.from({ length: settings.count }, (_, index) => ({
    name: `monitor-${index}`,
    state: 'ok' as const,
    summary: `${'x'.repeat(settings.summaryChars)}${settings.text}`,
    labels: settings.tellPid ? { pid: String(process.pid) } : {},
  }));
  return defineToolServer({
    name: 'prometheus',
    version: '1',
    ...(report === undefined ? {} : { report }),
    tools: [
      implement(monitorsList, async (input, { asOf }) =>
        pageOfList(monitors, input, { hint: asOf === undefined ? undefined : `as of ${asOf}` }),
      ),
      implement(metricsTargets, async (_input, { signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        if (settings.abortFile !== undefined) await appendFile(settings.abortFile, 'aborted\n');
        return { items: [], truncated: false };
      }),
      implement(metricsQuery, async ({ query }) => {
        if (query === 'bug') throw new TypeError('something of ours is broken: password=correct-horse');
        throw new UnderstudyError(
          'unavailable',
          'Prometheus is away: http://me:correct-horse@prometheus:9090',
        );
      }),
    ],
  });
}
