import type { Labels } from './client.ts';
import { spellings } from './label-spellings.ts';

/** The labels of a series that name the two ends of a call. */
export type CallEdge = { readonly source?: string; readonly destination?: string };

const clientMetric = /(^|_)(client|outgoing|outbound|egress|upstream)(_|$)/;
const firstWeakDestination = spellings.destination.indexOf('server');
const strongDestinations = spellings.destination.slice(0, firstWeakDestination);
const weakDestinations = spellings.destination.slice(firstWeakDestination);

function firstIn(labels: Labels, names: readonly string[]): string | undefined {
  return names.find((name) => (labels[name] ?? '') !== '' && labels[name] !== 'unknown');
}

/** True for what a mesh's proxy measured at the callee: it names both ends, and speaks of the callee. */
export function isMeshServer(labels: Labels): boolean {
  return labels.reporter === 'destination';
}

/**
 * The call edge that a series speaks of, or undefined where it speaks of a service itself. Labels such as `host` or
 * `server` name a callee only in a metric of calls that go out; without any such label the callee is unknown.
 */
export function edgeIn(metric: string, labels: Labels): CallEdge | undefined {
  if (isMeshServer(labels)) return undefined;
  const goesOut = clientMetric.test(metric);
  const isServiceGraph = (labels.client ?? '') !== '' && (labels.server ?? '') !== '';
  const weak = goesOut || isServiceGraph ? weakDestinations : [];
  const destination = firstIn(labels, [...strongDestinations, ...weak]);
  const source = firstIn(labels, spellings.source);
  if (destination === undefined && !goesOut) return undefined;
  return {
    ...(source === undefined ? {} : { source }),
    ...(destination === undefined ? {} : { destination }),
  };
}
