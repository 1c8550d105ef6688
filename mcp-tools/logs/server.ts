import { UnderstudyError } from '#domain/errors.ts';
import { logsPatterns, logsQuery, logsWindow } from '#domain/tools/logs.ts';
import { openClusters } from '../kubernetes/clusters.ts';
import type { ClusterAccess } from '../kubernetes/kubeconfig.ts';
import { implement } from '../runtime/implement.ts';
import { defineToolServer, type ToolServer } from '../runtime/server.ts';
import { digestLogPatterns, readLogsPatterns } from './logs-patterns.ts';
import { digestLogLines, readLogsWindow } from './logs-window.ts';

/** Logs of pods, read through the API server: what the kubelets still keep, without a log store. */
export function createLogsServer(options: { readonly clusters: readonly ClusterAccess[] }): ToolServer {
  const clusters = openClusters(options.clusters);
  return defineToolServer({
    name: 'logs',
    version: '1',
    tools: [
      implement(logsWindow, (input, context) => readLogsWindow(clusters, input, context), {
        digest: digestLogLines,
      }),
      implement(logsPatterns, (input, context) => readLogsPatterns(clusters, input, context), {
        digest: digestLogPatterns,
      }),
      implement(logsQuery, async () => {
        const message =
          'no log store is attached, so there is no query language; use logs_window or logs_patterns';
        throw new UnderstudyError('not-supported', message);
      }),
    ],
  });
}
