import { z } from 'zod';
import type { Span } from '#domain/tools/traces.ts';
import { type Attributes, spanOf } from './span-of.ts';

/** The JSON of Jaeger's query API, `/api/traces` (the same in Jaeger 1 and 2). */

const tagSchema = z.object({ key: z.string(), value: z.unknown() });
const tagsSchema = z.array(tagSchema).nullish();
const spanSchema = z.object({
  traceID: z.string(),
  spanID: z.string(),
  /** Of old clients, which wrote no references. */
  parentSpanID: z.string().optional(),
  operationName: z.string(),
  references: z.array(z.object({ refType: z.string(), traceID: z.string(), spanID: z.string() })).nullish(),
  /** Microseconds. */
  startTime: z.number(),
  duration: z.number(),
  tags: tagsSchema,
  logs: z.array(z.object({ fields: tagsSchema })).nullish(),
  processID: z.string().optional(),
});
const processSchema = z.object({ serviceName: z.string(), tags: tagsSchema });
const traceSchema = z.object({
  traceID: z.string(),
  spans: z.array(spanSchema),
  processes: z.record(z.string(), processSchema),
});

const errorsSchema = z.array(z.object({ msg: z.string() })).nullish();
export const jaegerTracesSchema = z.object({ data: z.array(traceSchema).nullish(), errors: errorsSchema });
export const jaegerServicesSchema = z.object({ data: z.array(z.string()).nullish(), errors: errorsSchema });
export const jaegerDependenciesSchema = z.object({
  data: z.array(z.object({ parent: z.string(), child: z.string() })).nullish(),
  errors: errorsSchema,
});
export const jaegerFailureSchema = z.object({ errors: z.array(z.object({ msg: z.string() })).min(1) });

type JaegerTrace = z.output<typeof traceSchema>;
type JaegerSpan = z.output<typeof spanSchema>;

function attributesOf(tags: z.output<typeof tagsSchema>): Attributes {
  return Object.fromEntries((tags ?? []).map(({ key, value }) => [key, value]));
}

function parentOf(span: JaegerSpan): string | undefined {
  const references = (span.references ?? []).filter(({ traceID }) => traceID === span.traceID);
  const parent = references.find(({ refType }) => refType === 'CHILD_OF') ?? references[0];
  return parent?.spanID ?? (span.parentSpanID === '' ? undefined : span.parentSpanID);
}

function statusOf(attributes: Attributes): Span['status'] {
  const code = attributes['otel.status_code'];
  const isError = attributes.error === true || attributes.error === 'true' || code === 'ERROR';
  if (isError) return 'error';
  return code === 'OK' ? 'ok' : undefined;
}

export function spansOfJaegerTrace(trace: JaegerTrace): Span[] {
  return trace.spans.map((span) => {
    const process = trace.processes[span.processID ?? ''];
    const attributes = attributesOf(span.tags);
    return spanOf({
      traceId: span.traceID,
      spanId: span.spanID,
      parentSpanId: parentOf(span),
      service: process?.serviceName ?? 'unknown',
      name: span.operationName,
      startNs: BigInt(Math.round(span.startTime)) * 1_000n,
      durationMs: Math.max(0, span.duration) / 1_000,
      status: statusOf(attributes),
      attributes,
      resource: attributesOf(process?.tags),
      events: (span.logs ?? []).map(({ fields }) => {
        const noted = attributesOf(fields);
        return { name: typeof noted.event === 'string' ? noted.event : '', attributes: noted };
      }),
    });
  });
}
