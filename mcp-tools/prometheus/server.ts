import {
  metricsLevels,
  metricsListSeries,
  metricsQuery,
  metricsTargets,
  metricsWindow,
  monitorsList,
} from '#domain/tools/prometheus.ts';
import { implement } from '../runtime/implement.ts';
import { defineToolServer, type ToolServer } from '../runtime/server.ts';
import { openPrometheus, type PrometheusOptions } from './back-end.ts';
import { digestMonitors, digestSeries, digestWindows } from './digests.ts';
import { listLevels } from './levels.ts';
import { listSeries } from './list-series.ts';
import { listMonitors, listTargets } from './monitors.ts';
import { queryRange, readWindow } from './read-window.ts';

/** Reads one Prometheus server: meaningful series, their points, alert rules and scrape targets. */
export function createPrometheusServer(options: PrometheusOptions): ToolServer {
  const backEnd = openPrometheus(options);
  return defineToolServer({
    name: 'prometheus',
    version: '1',
    tools: [
      implement(metricsListSeries, (input, context) => listSeries(backEnd, input, context), {
        digest: digestSeries,
      }),
      implement(metricsWindow, (input, context) => readWindow(backEnd, input, context), {
        digest: digestWindows,
      }),
      implement(monitorsList, (input, context) => listMonitors(backEnd, input, context), {
        digest: digestMonitors,
      }),
      implement(metricsTargets, (input, context) => listTargets(backEnd, input, context)),
      implement(metricsLevels, (input, context) => listLevels(backEnd, input, context)),
      implement(metricsQuery, (input, context) => queryRange(backEnd, input, context)),
    ],
  });
}
