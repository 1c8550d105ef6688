import type { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import type { ToolOutput } from '#domain/tools/define-tool.ts';
import { type Span, tracesWindow } from '#domain/tools/traces.ts';
import { settled } from '../back-ends/settle.ts';
import { nowFor, readFrozenCursor, windowOf, withFrozenCursor } from '../back-ends/window.ts';
import { digestOfPage } from '../runtime/digest.ts';
import { implement } from '../runtime/implement.ts';
import { pageOfList } from '../runtime/paging.ts';
import { defineToolServer, type ToolServer } from '../runtime/server.ts';
import type { ToolContext } from '../runtime/tool-context.ts';
import { worstFirst } from './pick-traces.ts';
import { defaultTraceLimits, type TraceStore } from './trace-store.ts';

type Input = z.output<typeof tracesWindow.input>;

function emptyHint(input: Input): string {
  const failed = input.onlyErrors ? ' that failed' : '';
  return `the store of traces holds none${failed} in this window; is the window right, and are traces sampled?`;
}

async function readWindow(stores: readonly TraceStore[], input: Input, context: ToolContext) {
  const { offset, nowMs } = readFrozenCursor(input.cursor, nowFor(context));
  const window = windowOf(input, nowMs);
  const { maxRangeMs } = defaultTraceLimits;
  if (window.toMs - window.fromMs > maxRangeMs) {
    throw new UnderstudyError('too-large', `traces: ask for at most ${maxRangeMs / 3_600_000} hours`);
  }
  const request = { ...window, service: input.service, onlyErrors: input.onlyErrors };
  const { found, gaps } = settled(
    await Promise.allSettled(stores.map((store) => store.find(request, context.signal))),
  );
  const spans = worstFirst(found.flatMap(({ traces }) => traces)).flat();
  const hint = found.map((one) => one.hint).find((text) => text !== undefined) ?? emptyHint(input);
  const page = pageOfList(
    spans,
    { limit: input.limit, cursor: offset },
    {
      gaps: [...gaps, ...found.flatMap((one) => one.gaps)],
      hint: spans.length === 0 ? hint : undefined,
    },
  );
  const truncated = page.truncated || found.some((one) => one.truncated);
  return withFrozenCursor({ ...page, truncated }, nowMs);
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
  return defineToolServer({
    name: 'traces',
    version: '1',
    tools: [
      implement(tracesWindow, (input, context) => readWindow(options.stores, input, context), {
        digest: digestSpans,
      }),
    ],
  });
}
