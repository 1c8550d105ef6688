import type { Logger } from 'pino';
import type { ServiceCatalogue } from '#domain/service-catalogue.ts';
import type { Instant } from '#domain/time.ts';
import type { ToolClient } from '#mcp-tools/runtime/client.ts';
import type { Store } from '#store/pool.ts';

/** What activities are made of; a test puts its own in. */
export type ActivityDeps = {
  readonly store: Store;
  readonly log: Logger;
  /** The clock: activities have one, reasoning has not. */
  readonly now: () => Instant;
};

export type ReadDeps = ActivityDeps & {
  readonly tools: ToolClient;
  readonly clusters: readonly string[];
  readonly serviceCatalogue: ServiceCatalogue;
};
