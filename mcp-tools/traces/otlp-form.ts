import { z } from 'zod';
import type { Span } from '#domain/tools/traces.ts';
import { type Attributes, spanOf } from './span-of.ts';

/** A trace in OTLP's JSON, as Tempo's query API writes it (names of fields differ between its versions). */

const valueSchema = z.looseObject({
  stringValue: z.string().optional(),
  boolValue: z.boolean().optional(),
  intValue: z.union([z.string(), z.number()]).optional(),
  doubleValue: z.number().optional(),
});
const attributesSchema = z.array(z.object({ key: z.string(), value: valueSchema.nullish() })).nullish();
const idSchema = z.string();
const spanSchema = z.object({
  traceId: idSchema,
  spanId: idSchema,
  parentSpanId: idSchema.nullish(),
  name: z.string().default(''),
  kind: z.union([z.string(), z.number()]).optional(),
  startTimeUnixNano: z.union([z.string(), z.number()]),
  endTimeUnixNano: z.union([z.string(), z.number()]),
  attributes: attributesSchema,
  events: z.array(z.object({ name: z.string().default(''), attributes: attributesSchema })).nullish(),
  status: z.object({ code: z.union([z.string(), z.number()]).optional() }).nullish(),
});
const scopeSchema = z.object({ spans: z.array(spanSchema).nullish() });
const resourceSpansSchema = z.object({
  resource: z.object({ attributes: attributesSchema }).nullish(),
  scopeSpans: z.array(scopeSchema).nullish(),
  instrumentationLibrarySpans: z.array(scopeSchema).nullish(),
});
const batchesSchema = z.array(resourceSpansSchema);
export const otlpTraceSchema = z.union([
  z.object({ batches: batchesSchema }).transform(({ batches }) => batches),
  z.object({ resourceSpans: batchesSchema }).transform(({ resourceSpans }) => resourceSpans),
  z
    .object({ trace: z.object({ resourceSpans: batchesSchema.default([]) }) })
    .transform(({ trace }) => trace.resourceSpans),
]);
export type OtlpTrace = z.output<typeof otlpTraceSchema>;

function plainOf(value: z.output<typeof valueSchema> | null | undefined): unknown {
  if (value === null || value === undefined) return undefined;
  const { stringValue, boolValue, intValue, doubleValue, ...other } = value;
  const number = intValue === undefined ? doubleValue : Number(intValue);
  return stringValue ?? boolValue ?? number ?? (Object.keys(other).length === 0 ? undefined : other);
}

function attributesOf(attributes: z.output<typeof attributesSchema>): Attributes {
  return Object.fromEntries((attributes ?? []).map(({ key, value }) => [key, plainOf(value)]));
}

/** Hexadecimal digits, as OTLP's JSON has it, or base64, as protobuf's own JSON has it. */
export function hexId(id: string): string {
  const isHex = /^(?:[0-9a-f]{16}|[0-9a-f]{32})$/i.test(id);
  return isHex ? id.toLowerCase() : Buffer.from(id, 'base64').toString('hex');
}

function statusOf(code: string | number | undefined): Span['status'] {
  if (code === 2 || code === 'STATUS_CODE_ERROR') return 'error';
  return code === 1 || code === 'STATUS_CODE_OK' ? 'ok' : undefined;
}

const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;

/** Under the name that Jaeger has for it. */
function kindOf(kind: string | number | undefined): Attributes {
  const word = typeof kind === 'number' ? kinds[kind] : kind?.replace(/^SPAN_KIND_/, '').toLowerCase();
  return word === undefined || word === 'unspecified' ? {} : { 'span.kind': word };
}

function parentOf(id: string | null | undefined): string | undefined {
  const hex = id === null || id === undefined ? '' : hexId(id);
  return /^0*$/.test(hex) ? undefined : hex;
}

const textOf = (value: unknown): string => (typeof value === 'string' && value !== '' ? value : 'unknown');

export function spansOfOtlpTrace(batches: OtlpTrace): Span[] {
  return batches.flatMap(({ resource, scopeSpans, instrumentationLibrarySpans }) => {
    const process = attributesOf(resource?.attributes);
    const scopes = [...(scopeSpans ?? []), ...(instrumentationLibrarySpans ?? [])];
    return scopes
      .flatMap(({ spans }) => spans ?? [])
      .map((span) => {
        const startNs = BigInt(span.startTimeUnixNano);
        const lengthNs = BigInt(span.endTimeUnixNano) - startNs;
        return spanOf({
          traceId: hexId(span.traceId),
          spanId: hexId(span.spanId),
          parentSpanId: parentOf(span.parentSpanId),
          service: textOf(process['service.name']),
          name: span.name,
          startNs,
          // Microseconds are as exact as the form in which they travel.
          durationMs: lengthNs > 0n ? Number(lengthNs / 1_000n) / 1_000 : 0,
          status: statusOf(span.status?.code),
          attributes: { ...kindOf(span.kind), ...attributesOf(span.attributes) },
          resource: process,
          events: (span.events ?? []).map(({ name, attributes }) => ({
            name,
            attributes: attributesOf(attributes),
          })),
        });
      });
  });
}
