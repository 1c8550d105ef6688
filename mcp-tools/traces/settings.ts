import { z } from 'zod';
import { jaegerSchema, tempoSchema } from '#domain/back-ends.ts';
import { openJaeger } from './jaeger.ts';
import { openTempo } from './tempo.ts';
import type { TraceStore } from './trace-store.ts';

/** Which stores of traces there are; also the settings file of the traces server, when it runs alone. */
export const traceStoresSchema = z.strictObject({
  jaeger: jaegerSchema.optional(),
  tempo: tempoSchema.optional(),
});

export function openTraceStores({ jaeger, tempo }: z.output<typeof traceStoresSchema>): TraceStore[] {
  return [
    ...(jaeger === undefined ? [] : [openJaeger(jaeger)]),
    ...(tempo === undefined ? [] : [openTempo(tempo)]),
  ];
}
