import { z } from 'zod';
import { instantSchema } from '../time.ts';
import { defineTool, pageInput, pageOf } from './define-tool.ts';

export const spanSchema = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  service: z.string(),
  pod: z.string().optional(),
  name: z.string(),
  start: instantSchema,
  durationMs: z.number().min(0),
  status: z.enum(['ok', 'error']).optional(),
  attributes: z.record(z.string(), z.unknown()).default({}),
});
export type Span = z.infer<typeof spanSchema>;

export const tracesWindow = defineTool({
  server: 'traces',
  name: 'traces_window',
  title: 'Spans of a window',
  description: 'Spans of the services in a window; failed and slow traces first when there are too many.',
  input: z.object({
    cluster: z.string().optional(),
    service: z.string().optional(),
    from: instantSchema.optional(),
    to: instantSchema.optional(),
    onlyErrors: z.boolean().default(false),
    ...pageInput,
  }),
  output: pageOf(spanSchema),
  effect: 'read',
});
