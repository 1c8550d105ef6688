import { z } from 'zod';
import { instantSchema } from '../time.ts';
import { defineTool, pageInput, pageOf } from './define-tool.ts';
import { emitterSchema } from './emitter.ts';

export const logLineSchema = z.object({
  at: instantSchema.optional(),
  emitter: emitterSchema,
  level: z.string().optional(),
  message: z.string(),
  /** From the container's earlier run. */
  previous: z.boolean().default(false),
});
export type LogLine = z.infer<typeof logLineSchema>;

const windowInput = {
  cluster: z.string().optional(),
  emitter: emitterSchema,
  from: instantSchema.optional(),
  to: instantSchema.optional(),
};

export const logsWindow = defineTool({
  server: 'logs',
  name: 'logs_window',
  title: 'Log lines of a window',
  description:
    'Raw lines of an emitter in a window, newest last, the last lines of each container when there are too many.',
  input: z.object({
    ...windowInput,
    contains: z.string().optional().describe('literal part of the line, case ignored'),
    previous: z.boolean().default(false).describe('lines of the run before the last restart'),
    tailLines: z.int().min(1).max(5000).default(200),
    ...pageInput,
  }),
  output: pageOf(logLineSchema),
  effect: 'read',
});

export const logPatternSchema = z.object({
  emitter: emitterSchema,
  /** One line that is literally in the log. */
  sample: z.string(),
  template: z.string(),
  /** Where a stack trace follows the sample: the line of it that names the deepest exception. */
  exception: z.string().optional(),
  level: z.string().optional(),
  count: z.int(),
  /** Share of all lines of the emitter, 0..1. */
  ratio: z.number().optional(),
  /** How often it came in the quiet window of equal length, where one was given. */
  baselineCount: z.int().optional(),
  firstAt: instantSchema.optional(),
  lastAt: instantSchema.optional(),
});
export type LogPattern = z.infer<typeof logPatternSchema>;

export const logsPatterns = defineTool({
  server: 'logs',
  name: 'logs_patterns',
  title: 'Log patterns of a window',
  description:
    'Lines of a window grouped by template, with counts, beside a quiet window where one is given.',
  input: z.object({
    ...windowInput,
    baselineFrom: instantSchema.optional(),
    baselineTo: instantSchema.optional(),
    minLevel: z.enum(['any', 'warning', 'error']).default('any'),
    ...pageInput,
  }),
  output: pageOf(logPatternSchema),
  effect: 'read',
});

export const logsQuery = defineTool({
  server: 'logs',
  name: 'logs_query',
  title: "Query in the log store's own language",
  description:
    "For people and models: LogQL or a query string. Rules do not use it; on a bundle it answers 'not available'.",
  input: z.object({ query: z.string().min(1), from: instantSchema, to: instantSchema, ...pageInput }),
  output: pageOf(logLineSchema),
  effect: 'read',
});
