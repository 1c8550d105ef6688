import { z } from 'zod';
import type { PrometheusCall } from './client.ts';
import { type Memo, remember } from './remember.ts';
import { loadScrapeIntervals, type ScrapeIntervals } from './scrape-intervals.ts';

/** What a Prometheus server is asked for once in a while rather than in every call. */
export type Memory = {
  readonly labelNames: (call: PrometheusCall) => Promise<ReadonlySet<string>>;
  /** Metric name → type, as the exporters declare it. */
  readonly types: (call: PrometheusCall) => Promise<ReadonlyMap<string, string>>;
  readonly scrapeIntervals: (call: PrometheusCall) => Promise<ScrapeIntervals>;
};

/** Short enough that a workload that was just deployed is seen. */
const keepMs = 15_000;

const metadataSchema = z.record(z.string(), z.array(z.object({ type: z.string() })));

async function loadTypes(call: PrometheusCall): Promise<ReadonlyMap<string, string>> {
  const metadata = await call.get('metadata', {}, metadataSchema);
  return new Map(
    Object.entries(metadata).flatMap(([name, [declared]]) => (declared ? [[name, declared.type]] : [])),
  );
}

export function createMemory(): Memory {
  const labelNames: Memo<ReadonlySet<string>> = remember(keepMs);
  const types: Memo<ReadonlyMap<string, string>> = remember(keepMs);
  const scrapeIntervals: Memo<ScrapeIntervals> = remember(keepMs);
  return {
    labelNames: (call) => labelNames(async () => new Set(await call.get('labels', {}, z.array(z.string())))),
    types: (call) => types(() => loadTypes(call)),
    scrapeIntervals: (call) => scrapeIntervals(() => loadScrapeIntervals(call)),
  };
}
