import pLimit from 'p-limit';
import { fromMs } from '#domain/time.ts';
import type { LogLine } from '#domain/tools/logs.ts';
import type { Cluster } from '../kubernetes/clusters.ts';
import { gapOf } from '../kubernetes/kind-failure.ts';
import { utcInstant } from './instants.ts';
import { type ParsedLine, parseLogLine } from './log-line.ts';
import type { LogSource } from './pods-of-emitter.ts';

/** What to read of each container's log. */
export type LogRead = {
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  /** Most lines of a container, the last ones. */
  readonly tailLines: number;
  /** The run before the last restart. */
  readonly previous: boolean;
};

export type LogsRead = {
  /** In order of time; lines of one container in the order in which it wrote them. */
  readonly lines: readonly LogLine[];
  readonly truncated: boolean;
  readonly gaps: readonly string[];
};

const maxBytesPerContainer = 8 * 1024 * 1024;
const containersAtOnce = 6;

/** As `kubectl logs --timestamps` prints it: a time with nanoseconds, a space, the line. */
const stamped = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))(?: |$)/;

/** A line of a container's log, with the time and level that can be read off it, and what else was read off it. */
export function readLine(
  raw: string,
  source: Pick<LogSource, 'emitter'>,
  previous: boolean,
): { readonly line: LogLine; readonly parsed: ParsedLine } {
  const match = stamped.exec(raw);
  const stamp = match === null ? undefined : utcInstant(match[1] ?? '');
  const message = match === null ? raw : raw.slice(match[0].length);
  const parsed = parseLogLine(message, stamp === undefined);
  const line = {
    at: stamp ?? parsed.at,
    emitter: source.emitter,
    level: parsed.level,
    message,
    previous,
  };
  return { line, parsed };
}

export function lineOf(raw: string, source: Pick<LogSource, 'emitter'>, previous: boolean): LogLine {
  return readLine(raw, source, previous).line;
}

function isInside(line: LogLine, read: LogRead): boolean {
  if (line.at === undefined) return true;
  const ms = Date.parse(line.at);
  return (read.fromMs === undefined || ms >= read.fromMs) && (read.toMs === undefined || ms <= read.toMs);
}

async function readOne(
  cluster: Cluster,
  source: LogSource,
  read: LogRead,
  signal: AbortSignal,
): Promise<{ lines: LogLine[]; cut: boolean }> {
  const { namespace, pod, container } = source;
  const { text, truncated } = await cluster.api.text({
    path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`,
    query: {
      container,
      timestamps: true,
      previous: read.previous ? true : undefined,
      sinceTime: read.fromMs === undefined ? undefined : fromMs(read.fromMs),
      // A window that is over has its lines before the last ones: there the bytes are the limit.
      tailLines: read.toMs === undefined ? read.tailLines : undefined,
    },
    accept: '*/*',
    maxBytes: maxBytesPerContainer,
    signal,
  });
  const raw = text.split('\n');
  if (raw.at(-1) === '') raw.pop();
  const lines = raw.map((line) => lineOf(line, source, read.previous)).filter((line) => isInside(line, read));
  const kept = lines.slice(-read.tailLines);
  // As many as were asked for: there may have been more.
  return { lines: kept, cut: truncated || kept.length < lines.length || raw.length >= read.tailLines };
}

function byTime(a: LogLine, b: LogLine): number {
  if (a.at === undefined || b.at === undefined || a.at === b.at) return 0;
  return a.at < b.at ? -1 : 1;
}

/** Reads the logs of several containers. One that has none to give is a gap, with the reason that the cluster gave. */
export async function readLogs(
  cluster: Cluster,
  sources: readonly LogSource[],
  read: LogRead,
  signal: AbortSignal,
): Promise<LogsRead> {
  const limit = pLimit(containersAtOnce);
  const results = await Promise.allSettled(
    sources.map((source) => limit(() => readOne(cluster, source, read, signal))),
  );
  const found = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const gaps = results.flatMap((result, index) => {
    const source = sources[index];
    const name = `log of ${source?.namespace}/${source?.pod}/${source?.container}`;
    return result.status === 'rejected' ? [gapOf(name, result.reason)] : [];
  });
  return {
    lines: found.flatMap((one) => one.lines).toSorted(byTime),
    truncated: found.some((one) => one.cut),
    gaps,
  };
}
