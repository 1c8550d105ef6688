import { z } from 'zod';
import { elasticsearchSchema, lokiSchema } from '#domain/back-ends.ts';
import { clusterSettingsSchema } from '../kubernetes/settings.ts';
import { openElasticsearch } from './elasticsearch/store.ts';
import type { LogStore } from './log-store.ts';
import { openLoki } from './loki/store.ts';

/** Which stores of logs there are. */
export const logStoresSchema = z.strictObject({
  loki: lokiSchema.optional(),
  elasticsearch: elasticsearchSchema.optional(),
});

/** The settings file of the logs server, when it runs alone. */
export const logsSettingsSchema = z.strictObject({
  ...logStoresSchema.shape,
  clusters: clusterSettingsSchema.shape.clusters.default([]),
});

export function openLogStores({ loki, elasticsearch }: z.output<typeof logStoresSchema>): LogStore[] {
  return [
    ...(loki === undefined ? [] : [openLoki(loki)]),
    ...(elasticsearch === undefined ? [] : [openElasticsearch(elasticsearch)]),
  ];
}
