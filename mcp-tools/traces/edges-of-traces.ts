import type { TopologyEdge } from '#domain/tools/topology.ts';
import type { Span } from '#domain/tools/traces.ts';
import { serviceOfAddress } from '../prometheus/label-spellings.ts';

/** What the other side of a call is called by the one who makes it, the most telling first. */
const peerAttributes = ['peer.service', 'server.address', 'net.peer.name', 'db.name', 'rpc.service'] as const;
const queueAttributes = ['messaging.destination.name', 'messaging.destination'] as const;

function firstText(span: Span, names: readonly string[]): string | undefined {
  const texts = names.map((name) => span.attributes[name]);
  return texts.find((text): text is string => typeof text === 'string' && text !== '');
}

/** An address that is a number names nobody. */
const isNumeric = (host: string): boolean => /^[\d.:[\]a-f]*[\d:][\d.:[\]a-f]*$/i.test(host);

/** The other side of a span that leads out of what is traced: a database, a queue, somebody else's service. */
function outside(span: Span): string | undefined {
  const kind = span.attributes['span.kind'];
  if (kind === 'producer' || kind === 'consumer') return firstText(span, queueAttributes);
  if (kind !== 'client') return undefined;
  const peer = firstText(span, peerAttributes);
  const name = peer === undefined ? undefined : serviceOfAddress(peer);
  return name === undefined || isNumeric(name) ? undefined : name;
}

/** Who calls whom in these traces: each edge once. Each trace's spans may be a part of it. */
export function edgesOfTraces(traces: readonly (readonly Span[])[]): TopologyEdge[] {
  const edges = new Map<string, TopologyEdge>();
  const add = (from: string, to: string): void => {
    if (from !== to) edges.set(`${from}\n${to}`, { from, to, source: 'traces' });
  };
  for (const trace of traces) {
    const byId = new Map(trace.map((span) => [span.spanId, span]));
    const answered = new Set<string>();
    for (const span of trace) {
      const parent = byId.get(span.parentSpanId ?? '');
      if (parent === undefined || parent.service === span.service) continue;
      answered.add(parent.spanId);
      add(parent.service, span.service);
    }
    for (const span of trace) {
      // A call that somebody took has its edge already, by the name that the callee has for itself.
      const to = answered.has(span.spanId) ? undefined : outside(span);
      if (to !== undefined) add(span.service, to);
    }
  }
  return [...edges.values()];
}
