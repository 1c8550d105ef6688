import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import type { ToolOutput } from '#domain/tools/define-tool.ts';
import type { Level, metricsLevels } from '#domain/tools/prometheus.ts';
import { pageOfList } from '../runtime/paging.ts';
import type { ToolContext } from '../runtime/tool-context.ts';
import type { PrometheusBackEnd } from './back-end.ts';
import { type LevelMetric, levelMetrics, levelQuery } from './level-metrics.ts';

/** Levels move slowly: two weeks of them are few points. */
const longestSeconds = 15 * 86_400;
const mostPoints = 400;

type Asked = z.output<(typeof metricsLevels)['input']>;

function rangeOf(input: Asked) {
  const [start, end] = [Date.parse(input.from) / 1000, Date.parse(input.to) / 1000];
  if (end < start) throw new UnderstudyError('bad-input', 'to: it is before from');
  if (end - start > longestSeconds) {
    const most = `at most ${longestSeconds / 86_400} days may be asked for at once`;
    throw new UnderstudyError('bad-input', `from: ${most}; ask for a shorter window`);
  }
  if ((end - start) / input.stepSeconds > mostPoints) {
    throw new UnderstudyError('bad-input', `stepSeconds: at most ${mostPoints} points; ask for a wider step`);
  }
  return { start, end, stepSeconds: input.stepSeconds };
}

function levelOf(
  { kind, metric }: LevelMetric,
  labels: Readonly<Record<string, string>>,
): Omit<Level, 'points'> {
  return { kind, metric, labels: { ...labels } };
}

/**
 * Every kind of level whose metrics Prometheus holds. One that cannot be asked for is a gap: the others are told all the
 * same.
 */
export async function listLevels(
  backEnd: PrometheusBackEnd,
  input: Asked,
  context: ToolContext,
): Promise<ToolOutput<typeof metricsLevels>> {
  const range = rangeOf(input);
  return await backEnd.during('metrics_levels', context, async (call) => {
    const names = levelMetrics.map(({ metric }) => metric).join('|');
    const held = await call.get(
      'label/__name__/values',
      { 'match[]': `{__name__=~"${names}"}`, start: `${range.start}`, end: `${range.end}` },
      z.array(z.string()),
    );
    const gaps: string[] = [];
    const found = await Promise.all(
      levelMetrics
        .filter(({ metric }) => held.includes(metric))
        .map(async (metric) => {
          try {
            const sampled = await call.queryRange(levelQuery(metric, input.least, input.most), range);
            return sampled.map(({ labels, points }) => ({ ...levelOf(metric, labels), points: [...points] }));
          } catch (error) {
            if (!(error instanceof UnderstudyError)) throw error;
            context.signal.throwIfAborted();
            gaps.push(`${metric.metric}: ${error.message}`);
            return [];
          }
        }),
    );
    const hint =
      held.length === 0 ? 'this Prometheus holds no metric of disks, limits or certificates' : undefined;
    return pageOfList(found.flat(), input, { hint, gaps });
  });
}
