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
  description:
    'Spans that start in a window. With `service`: of the traces that it takes part in, theirs of other services too; with `onlyErrors`: of those in which a span (of the service) failed. Failed and slow traces come first where anything is singled out or there are too many.',
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
