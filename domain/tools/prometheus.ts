import { z } from 'zod';
import { instantSchema } from '../time.ts';
import { defineTool, pageInput, pageOf } from './define-tool.ts';
import { emitterSchema } from './emitter.ts';

/** What a series tells, in the terms of RED and USE; `other` where its name says nothing. */
export const signals = [
  'traffic',
  'errors',
  'latency',
  'saturation',
  'availability',
  'restarts',
  'throttling',
  'other',
] as const;

export const seriesInfoSchema = z.object({
  /** Opaque; what `metrics_window` takes. */
  series: z.string(),
  name: z.string(),
  emitter: emitterSchema,
  labels: z.record(z.string(), z.string()),
  signal: z.enum(signals),
  unit: z.string().optional(),
  /** `rate`, `ratio`, `p50`, `p95`, `value` …: what a point is. */
  statistic: z.string().optional(),
  stepSeconds: z.number().optional(),
  badWhen: z.enum(['up', 'down', 'either']).optional(),
  /** Nobody told what it means: `signal` is what the words of its name say. */
  guessed: z.literal(true).optional(),
});
export type SeriesInfo = z.infer<typeof seriesInfoSchema>;

export const metricsListSeries = defineTool({
  server: 'prometheus',
  name: 'metrics_list_series',
  title: 'List series of an emitter',
  description:
    'Meaningful series (rates, ratios, percentiles, usage) that speak of an emitter, by signal. No query language needed.',
  input: z.object({
    cluster: z.string().optional(),
    emitter: emitterSchema,
    signals: z.array(z.enum(signals)).optional(),
    ...pageInput,
  }),
  output: pageOf(seriesInfoSchema),
  effect: 'read',
});

export const seriesWindowSchema = z.object({
  info: seriesInfoSchema,
  /** `[unix seconds, value]`, in order; a missing point is a missing pair. */
  points: z.array(z.tuple([z.number(), z.number()])),
});
export type SeriesWindow = z.infer<typeof seriesWindowSchema>;

export const metricsWindow = defineTool({
  server: 'prometheus',
  name: 'metrics_window',
  title: 'Points of series in a window',
  description: 'Points of the given series between two moments.',
  input: z.object({
    cluster: z.string().optional(),
    series: z.array(z.string()).min(1).max(200),
    from: instantSchema,
    to: instantSchema,
    stepSeconds: z.number().min(1).max(3600).default(5),
    ...pageInput,
  }),
  output: pageOf(seriesWindowSchema),
  effect: 'read',
});

/** What can be used up; `certificate` is used up by time. */
export const levelKinds = ['disk', 'inodes', 'memory', 'quota', 'connections', 'certificate'] as const;
export type LevelKind = (typeof levelKinds)[number];

export const levelSchema = z.object({
  kind: z.enum(levelKinds),
  /** Name and labels that tell whose level it is. */
  metric: z.string(),
  labels: z.record(z.string(), z.string()),
  /** `[unix seconds, part of the limit that is used]`; of a certificate, the unix seconds at which it expires. */
  points: z.array(z.tuple([z.number(), z.number()])),
});
export type Level = z.infer<typeof levelSchema>;

export const metricsLevels = defineTool({
  server: 'prometheus',
  name: 'metrics_levels',
  title: 'Levels of what can be used up',
  description:
    'How full disks, inodes, memory limits, quotas and connection pools were over days, and when certificates expire: the fullest first. For forecasts.',
  input: z.object({
    cluster: z.string().optional(),
    from: instantSchema,
    to: instantSchema,
    stepSeconds: z.number().min(60).max(86_400).default(7200),
    /** Levels that are lower now are left out. */
    least: z.number().min(0).max(1).default(0.3),
    /** Of each metric, the fullest so many. */
    most: z.int().min(1).max(500).default(50),
    ...pageInput,
  }),
  output: pageOf(levelSchema),
  effect: 'read',
});

export const monitorSchema = z.object({
  name: z.string(),
  state: z.enum(['ok', 'pending', 'firing', 'no-data']),
  summary: z.string().optional(),
  value: z.number().optional(),
  labels: z.record(z.string(), z.string()).default({}),
  activeAt: instantSchema.optional(),
});
export type Monitor = z.infer<typeof monitorSchema>;

export const monitorsList = defineTool({
  server: 'prometheus',
  name: 'monitors',
  title: 'Alert rules and their state',
  description: 'Alert rules or monitors with their state. That a monitor is ok is evidence too.',
  input: z.object({ cluster: z.string().optional(), ...pageInput }),
  output: pageOf(monitorSchema),
  effect: 'read',
});

export const targetSchema = z.object({
  emitter: emitterSchema,
  job: z.string(),
  health: z.enum(['up', 'down', 'unknown']),
  lastError: z.string().optional(),
});

export const metricsTargets = defineTool({
  server: 'prometheus',
  name: 'metrics_targets',
  title: 'Scrape targets',
  description:
    'Which targets Prometheus reaches: whether silence means nothing was wrong or nothing was seen.',
  input: z.object({
    cluster: z.string().optional(),
    state: z.enum(['any', 'down']).default('down'),
    ...pageInput,
  }),
  output: pageOf(targetSchema),
  effect: 'read',
});

export const metricsQuery = defineTool({
  server: 'prometheus',
  name: 'prometheus_query',
  title: 'PromQL range query',
  description: "For people and models. Rules do not use it; on a bundle it answers 'not available'.",
  input: z.object({
    query: z.string().min(1),
    from: instantSchema,
    to: instantSchema,
    stepSeconds: z.number().min(1).max(3600).default(15),
    ...pageInput,
  }),
  output: pageOf(
    z.object({
      labels: z.record(z.string(), z.string()),
      points: z.array(z.tuple([z.number(), z.number()])),
    }),
  ),
  effect: 'read',
});
