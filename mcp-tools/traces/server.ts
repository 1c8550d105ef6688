import type { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import type { ToolOutput } from '#domain/tools/define-tool.ts';
import { type Span, tracesWindow } from '#domain/tools/traces.ts';
import { createWholeReader, type Whole } from '../back-ends/read-whole.ts';
import { settled } from '../back-ends/settle.ts';
import { windowOf } from '../back-ends/window.ts';
import { digestOfPage } from '../runtime/digest.ts';
import { implement } from '../runtime/implement.ts';
import { defineToolServer, type ToolServer } from '../runtime/server.ts';
import { spansThatFit } from './pick-traces.ts';
import { defaultTraceLimits, type TraceStore } from './trace-store.ts';

type Input = z.output<typeof tracesWindow.input>;

function emptyHint(input: Input): string {
  const failed = input.onlyErrors ? ' that failed' : '';
  return `the store of traces holds none${failed} in this window; is the window right, and are traces sampled?`;
}

async function readTraces(
  stores: readonly TraceStore[],
  input: Input,
  nowMs: number,
  signal: AbortSignal,
): Promise<Whole<Span>> {
  const window = windowOf(input, nowMs);
  const { maxRangeMs } = defaultTraceLimits;
  if (window.toMs - window.fromMs > maxRangeMs) {
    throw new UnderstudyError('too-large', `traces: ask for at most ${maxRangeMs / 3_600_000} hours`);
  }
  const request = { ...window, service: input.service, onlyErrors: input.onlyErrors };
  const { found, gaps } = settled(
    await Promise.allSettled(stores.map((store) => store.find(request, signal))),
  );
  return {
    items: spansThatFit(
      found.flatMap(({ traces }) => traces),
      request,
    ),
    gaps: [...gaps, ...found.flatMap((one) => one.gaps)],
    truncated: found.some((one) => one.truncated),
    hint: found.map((one) => one.hint).find((text) => text !== undefined) ?? emptyHint(input),
  };
}

function lineOf(span: Span): string {
  const said = span.attributes['exception.message'];
  const exception = typeof said === 'string' ? ` "${said}"` : '';
  const status = span.status === 'error' ? ' ERROR' : '';
  return `${span.traceId.slice(0, 8)} ${span.start} ${span.service} ${span.name} ${span.durationMs} ms${status}${exception}`;
}

function digestSpans(page: ToolOutput<typeof tracesWindow>): string {
  return `failed and slow traces first; untrusted text\n${digestOfPage(page, lineOf)}`;
}

/** Reads traces from where they are kept: Jaeger, Tempo. */
export function createTracesServer(options: { readonly stores: readonly TraceStore[] }): ToolServer {
  const { stores } = options;
  const readWhole = createWholeReader<Span>();
  return defineToolServer({
    name: 'traces',
    version: '1',
    tools: [
      implement(
        tracesWindow,
        (input, context) =>
          readWhole(input, context, (nowMs) => readTraces(stores, input, nowMs, context.signal)),
        { digest: digestSpans },
      ),
    ],
  });
}
