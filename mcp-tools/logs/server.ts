import { UnderstudyError } from '#domain/errors.ts';
import { type LogLine, type LogPattern, logsPatterns, logsQuery, logsWindow } from '#domain/tools/logs.ts';
import { createWholeReader } from '../back-ends/read-whole.ts';
import { openClusters } from '../kubernetes/clusters.ts';
import type { ClusterAccess } from '../kubernetes/kubeconfig.ts';
import { implement } from '../runtime/implement.ts';
import { defineToolServer, type ToolServer } from '../runtime/server.ts';
import type { LogStore } from './log-store.ts';
import { digestLogPatterns, readLogsPatterns } from './logs-patterns.ts';
import { digestLogLines, readLogsWindow } from './logs-window.ts';
import { type Place, placesOf, podsPlace, readFirst } from './store-or-pods.ts';
import { patternsOfStore, queryOfStore, windowOfStore } from './store-window.ts';

export type LogsOptions = {
  readonly clusters: readonly ClusterAccess[];
  /** Asked before the pods, in this order: they know pods that are gone and nodes that are away. */
  readonly stores?: readonly LogStore[];
};

/** Logs from the stores that there are, and from what the kubelets still keep, read through the API server. */
export function createLogsServer({ clusters: access, stores = [] }: LogsOptions): ToolServer {
  const clusters = openClusters(access);
  const readWindow = createWholeReader<LogLine>();
  const readPatterns = createWholeReader<LogPattern>();
  const runQuery = createWholeReader<LogLine>();
  const withPods = <Answer>(read: Place<Answer>['read']): Place<Answer>[] =>
    access.length === 0 && stores.length > 0 ? [] : [{ name: podsPlace, read }];
  return defineToolServer({
    name: 'logs',
    version: '1',
    tools: [
      implement(
        logsWindow,
        (input, context) => {
          const pods = withPods((cursor) => readLogsWindow(clusters, { ...input, cursor }, context));
          const held = placesOf(stores, (store, cursor) =>
            readWindow({ ...input, cursor }, context, (nowMs) =>
              windowOfStore(store, input, nowMs, context.signal),
            ),
          );
          // Only kubelets tell a container's runs apart.
          return readFirst(input.previous ? [...pods, ...held] : [...held, ...pods], input.cursor);
        },
        { digest: digestLogLines },
      ),
      implement(
        logsPatterns,
        (input, context) => {
          const held = placesOf(stores, (store, cursor) =>
            readPatterns({ ...input, cursor }, context, (nowMs) =>
              patternsOfStore(store, input, nowMs, context.signal),
            ),
          );
          const pods = withPods((cursor) => readLogsPatterns(clusters, { ...input, cursor }, context));
          return readFirst([...held, ...pods], input.cursor);
        },
        { digest: digestLogPatterns },
      ),
      implement(logsQuery, async (input, context) => {
        const held = placesOf(stores, (store, cursor) =>
          runQuery({ ...input, cursor }, context, (nowMs) =>
            queryOfStore(store, input, nowMs, context.signal),
          ),
        );
        if (held.length > 0) return readFirst(held, input.cursor);
        const message =
          'no log store is attached, so there is no query language; use logs_window or logs_patterns';
        throw new UnderstudyError('not-supported', message);
      }),
    ],
  });
}
