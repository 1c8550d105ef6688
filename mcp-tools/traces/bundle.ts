import type { z } from 'zod';
import { type Span, spanSchema, tracesWindow } from '#domain/tools/traces.ts';
import { type Bundle, type Items, notInBundle, readTogether } from '../bundle/open-bundle.ts';
import { digestOfPage } from '../runtime/digest.ts';
import { implement, type ToolImplementation } from '../runtime/implement.ts';
import { pageOfList } from '../runtime/paging.ts';
import { spansThatFit, startsWithin } from './pick-traces.ts';
import { namesOfService, unknownServiceHint } from './service-names.ts';

type Input = z.output<typeof tracesWindow.input>;

/** Every span of a bundle; undefined where it has no traces. */
export async function spansOf(bundle: Bundle): Promise<Items<Span> | undefined> {
  const paths = bundle.paths.filter((path) => path.startsWith('traces/') && path.endsWith('.ndjson'));
  if (paths.length === 0) return undefined;
  return bundle.once('spans', () => readTogether(paths.map((path) => bundle.lines(path, spanSchema))));
}

/** Where nothing is singled out the spans come as they are held: there may be millions. */
function fitting(spans: readonly Span[], input: Input): Span[] {
  const { service, onlyErrors } = input;
  const fromMs = input.from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(input.from);
  const toMs = input.to === undefined ? Number.POSITIVE_INFINITY : Date.parse(input.to);
  const window = { fromMs, toMs };
  if (service === undefined && !onlyErrors) return spans.filter((span) => startsWithin(span, window));
  const traces = Map.groupBy(spans, ({ traceId }) => traceId);
  return spansThatFit([...traces.values()], { ...window, service, onlyErrors });
}

function hintOf(spans: readonly Span[], { service }: Input): string {
  const known = [...new Set(spans.map((span) => span.service))].toSorted();
  if (service !== undefined && namesOfService(service, known).length === 0) {
    return unknownServiceHint(service, known);
  }
  return `${spans.length} spans are held, none fits`;
}

async function readWindow(bundle: Bundle, input: Input) {
  const read = await spansOf(bundle);
  if (read === undefined) return pageOfList([], input, { gaps: [notInBundle('traces')] });
  const { cursor: _cursor, limit: _limit, ...asked } = input;
  // Every page asks the same: what fits is looked for once.
  const spans = await bundle.once(`spans ${JSON.stringify(asked)}`, async () => fitting(read.items, input));
  const hint = spans.length === 0 ? hintOf(read.items, input) : undefined;
  return pageOfList(spans, input, { gaps: read.gaps, hint });
}

function lineOf(span: Span): string {
  return `${span.start} ${span.service} ${span.name} ${span.durationMs} ms ${span.status ?? ''}`.trimEnd();
}

/** What `traces` answers from `traces/*.ndjson`. */
export function tracesOfBundle(bundle: Bundle): ToolImplementation[] {
  return [
    implement(tracesWindow, (input) => readWindow(bundle, input), {
      digest: (page) => digestOfPage(page, lineOf),
    }),
  ];
}
