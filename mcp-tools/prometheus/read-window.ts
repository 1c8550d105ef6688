import type { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import { pageMaxBytes, type ToolOutput } from '#domain/tools/define-tool.ts';
import type { metricsQuery, metricsWindow } from '#domain/tools/prometheus.ts';
import { pageOfList } from '../runtime/paging.ts';
import type { ToolContext } from '../runtime/tool-context.ts';
import type { PrometheusBackEnd } from './back-end.ts';
import type { TimeRange } from './client.ts';
import { rangeOf, readWindows } from './window.ts';

type Asked = { readonly from: string; readonly to: string; readonly stepSeconds: number };

function checkedRange(asked: Asked, backEnd: PrometheusBackEnd): TimeRange {
  const fromSeconds = Date.parse(asked.from) / 1000;
  const toSeconds = Date.parse(asked.to) / 1000;
  if (toSeconds < fromSeconds) throw new UnderstudyError('bad-input', 'to: it is before from');
  const longest = backEnd.limits.maxRangeSeconds;
  if (toSeconds - fromSeconds > longest) {
    const most = `at most ${longest / 3600} hours may be asked for at once`;
    throw new UnderstudyError('bad-input', `to: ${most}; ask for a shorter window`);
  }
  return rangeOf({ fromSeconds, toSeconds, stepSeconds: asked.stepSeconds }, backEnd.limits.maxPoints);
}

/** The step that was used, where it is not the one that was asked for. */
function coarserStep(asked: Asked, range: TimeRange): string[] {
  if (range.stepSeconds === asked.stepSeconds) return [];
  return [`points every ${range.stepSeconds} s instead of ${asked.stepSeconds} s, to keep them few enough`];
}

/** About what one point and one series cost as JSON. */
const bytesPerPoint = 26;
const bytesPerSeries = 700;

/** Series whose points surely fit one page: a page that is cut later would be asked for twice. */
function seriesPerPage(range: TimeRange, limit: number): number {
  const points = (range.end - range.start) / range.stepSeconds + 1;
  const fitting = Math.floor(pageMaxBytes / (points * bytesPerPoint + bytesPerSeries));
  return Math.max(1, Math.min(limit, fitting));
}

export async function readWindow(
  backEnd: PrometheusBackEnd,
  input: z.output<(typeof metricsWindow)['input']>,
  context: ToolContext,
): Promise<ToolOutput<typeof metricsWindow>> {
  const range = checkedRange(input, backEnd);
  const asked = pageOfList(input.series, { ...input, limit: seriesPerPage(range, input.limit) });
  return await backEnd.during('metrics_window', context, async (call) => {
    const { windows, gaps } = await readWindows(call, backEnd.memory, asked.items, range);
    const empty = windows.every((window) => window.points.length === 0);
    return {
      ...asked,
      items: [...windows],
      gaps: [...gaps, ...coarserStep(input, range)],
      ...(empty ? { hint: 'no points in this window; see metrics_targets for what is not scraped' } : {}),
    };
  });
}

export async function queryRange(
  backEnd: PrometheusBackEnd,
  input: z.output<(typeof metricsQuery)['input']>,
  context: ToolContext,
): Promise<ToolOutput<typeof metricsQuery>> {
  const range = checkedRange(input, backEnd);
  return await backEnd.during('prometheus_query', context, async (call) => {
    const sampled = await call.queryRange(input.query, range);
    const items = sampled
      .map(({ labels, points }) => ({ labels: { ...labels }, points: [...points] }))
      .map((item) => ({ item, order: JSON.stringify(Object.entries(item.labels).sort()) }))
      .sort((a, b) => (a.order < b.order ? -1 : 1))
      .map(({ item }) => item);
    const hint = items.length === 0 ? 'no series; check names and label values' : undefined;
    return pageOfList(items, input, { hint, gaps: coarserStep(input, range) });
  });
}
