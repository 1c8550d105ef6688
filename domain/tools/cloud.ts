import { z } from 'zod';
import { instantSchema } from '../time.ts';
import { defineTool, pageInput, pageOf } from './define-tool.ts';

export const cloudResourceSchema = z.object({
  provider: z.string(),
  type: z.string(),
  id: z.string(),
  name: z.string().optional(),
  properties: z.record(z.string(), z.unknown()),
});
export const cloudEventSchema = z.object({
  provider: z.string(),
  at: instantSchema,
  source: z.string(),
  message: z.string(),
  severity: z.string().optional(),
});
export const cloudInsightSchema = z.looseObject({ provider: z.string() });

export const cloudResources = defineTool({
  server: 'cloud',
  name: 'cloud_resources',
  title: 'Cloud resources',
  description: 'Resources of a cloud account with their state.',
  input: z.object({
    cluster: z.string().optional(),
    provider: z.string().optional(),
    type: z.string().optional(),
    ...pageInput,
  }),
  output: pageOf(cloudResourceSchema),
  effect: 'read',
});

export const cloudEvents = defineTool({
  server: 'cloud',
  name: 'cloud_events',
  title: 'Cloud events',
  description: 'What the provider said of its resources: failovers, maintenance, health.',
  input: z.object({
    cluster: z.string().optional(),
    provider: z.string().optional(),
    from: instantSchema.optional(),
    to: instantSchema.optional(),
    ...pageInput,
  }),
  output: pageOf(cloudEventSchema),
  effect: 'read',
});

export const cloudInsights = defineTool({
  server: 'cloud',
  name: 'cloud_insights',
  title: 'Performance insights',
  description: 'Load by wait event, top statements and the like, as the provider gives them.',
  input: z.object({
    cluster: z.string().optional(),
    provider: z.string().optional(),
    /** One resource, by the name that the provider's events call it; absent: some of each kind. */
    resource: z.string().optional(),
    from: instantSchema.optional(),
    to: instantSchema.optional(),
    ...pageInput,
  }),
  output: pageOf(cloudInsightSchema),
  effect: 'read',
});
