import { UnderstudyError } from '#domain/errors.ts';
import type { Emitter } from '#domain/tools/emitter.ts';
import type { TopologyEdge } from '#domain/tools/topology.ts';
import type { PrometheusBackEnd } from '../prometheus/back-end.ts';
import { momentOf } from '../prometheus/back-end.ts';
import { discover } from '../prometheus/discover.ts';
import { planSeries } from '../prometheus/plan-series.ts';
import { seriesInfo } from '../prometheus/series-info.ts';
import type { ToolContext } from '../runtime/tool-context.ts';

/**
 * Edges of calls that were measured around a moment, by the caller or by a mesh.
 * @throws `bad-input` where neither a namespace nor a service is named
 */
export async function edgesFromMetrics(
  backEnd: PrometheusBackEnd,
  asked: { readonly namespace?: string | undefined; readonly service?: string | undefined },
  context: ToolContext,
): Promise<TopologyEdge[]> {
  const { service } = asked;
  if (service === undefined && asked.namespace === undefined) {
    throw new UnderstudyError(
      'bad-input',
      'call metrics: name a namespace or a service; all calls at once are too much to ask of a Prometheus',
    );
  }
  const space: Emitter = asked.namespace === undefined ? {} : { namespace: asked.namespace };
  const ends: Emitter[] =
    service === undefined
      ? [space]
      : [
          { ...space, source: service },
          { ...space, destination: service },
        ];
  return await backEnd.during('topology_edges', context, async (call) => {
    const found = await Promise.all(
      ends.map((end) => discover(call, backEnd.memory, end, momentOf(context))),
    );
    return found
      .flatMap(({ rows, context: plan }) => planSeries(rows, plan))
      .map((key) => seriesInfo(key).emitter)
      .flatMap(({ source, destination }) =>
        source === undefined || destination === undefined
          ? []
          : [{ from: source, to: destination, source: 'metrics' }],
      );
  });
}
