import { type ObjectRef, objectKey } from '#domain/object-ref.ts';
import type { PatrolSighting } from '#domain/patrol.ts';
import { type Instant, plusSeconds } from '#domain/time.ts';
import { isRatio, unitsPerSecond } from '../analysis/signal-kinds.ts';
import { type Reading, readAll, type SeriesEvidence } from '../analysis/signals.ts';
import { type CallGraph, suspects } from '../analysis/topology.ts';

/** How far back the quiet time reaches. */
export const signalWindowSeconds = 3600;
/** A trouble this young is found; what is older than the quiet time's end is quiet. */
const troubleSeconds = 300;
const quietLagSeconds = 300;
const nowSeconds = 90;

/** Nobody was asked to look: more is needed than for a signal that somebody complains of. */
const leastScore = 8;
const leastGrowth = 1;
const leastErrorRatio = 0.05;
const leastErrorsPerSecond = 0.1;
const leastLatencySeconds = 0.1;

function isFelt({ info, now, growth }: Reading): boolean {
  if (now === undefined) return false;
  if (info.signal === 'errors') {
    return isRatio(info) ? now >= leastErrorRatio : now >= leastErrorsPerSecond && growth >= leastGrowth;
  }
  const perSecond = unitsPerSecond(info);
  return growth >= leastGrowth && perSecond !== undefined && now >= leastLatencySeconds * perSecond;
}

function isBad(reading: Reading): boolean {
  const { info, moved, score } = reading;
  const isAsked = info.signal === 'errors' || info.signal === 'latency';
  return isAsked && moved && score >= leastScore && isFelt(reading);
}

const shown = (value: number | undefined) => (value === undefined ? 'nothing' : Number(value.toPrecision(3)));

function sightingOf(cluster: string, worst: Reading, service: string): PatrolSighting {
  const { info, before, now, since } = worst;
  const { namespace } = info.emitter;
  const object: ObjectRef = {
    cluster,
    kind: 'Service',
    ...(namespace === undefined ? {} : { namespace }),
    name: service,
  };
  return {
    key: `${objectKey(object)}|${info.signal}`,
    kind: 'signal',
    object,
    cause: info.signal,
    message: `${info.name} is ${shown(now)} and was ${shown(before)}${info.unit === undefined ? '' : ` (${info.unit})`}`,
    ...(since === undefined ? {} : { since }),
    isCertain: false,
    isFelt: true,
  };
}

/** The services that an object which does not work stands for, by its name. */
function illServices(graph: CallGraph, ill: readonly ObjectRef[]): string[] {
  return [...graph.services].filter((service) =>
    ill.some(({ kind, name }) => name === service || (kind === 'Pod' && name.startsWith(`${service}-`))),
  );
}

/**
 * Services whose errors or latency have just become what their users feel, by the same scores as a diagnosis. Of services that
 * call one another the one that calls no bad one is told: the others suffer from it.
 * @param graph who calls whom, by the services' names
 * @param ill objects of which it is known already that they do not work; who calls them suffers from them
 */
export function signalsIn(
  windows: readonly SeriesEvidence[],
  seen: {
    readonly cluster: string;
    readonly asOf: Instant;
    readonly graph: CallGraph;
    readonly ill: readonly ObjectRef[];
  },
): PatrolSighting[] {
  const { cluster, asOf, graph, ill } = seen;
  const startsAt = plusSeconds(asOf, -troubleSeconds);
  const quietTo = plusSeconds(startsAt, -quietLagSeconds);
  const bad = readAll(windows, { quietTo, startsAt, to: asOf, nowSeconds }).filter(isBad);
  const byService = Map.groupBy(bad, ({ service }) => service ?? '');
  byService.delete('');
  const told = new Set(suspects(graph, new Set([...byService.keys(), ...illServices(graph, ill)])));
  return [...byService].flatMap(([service, readings]) => {
    const [worst] = readings.toSorted((a, b) => b.score - a.score);
    return worst !== undefined && told.has(service) ? [sightingOf(cluster, worst, service)] : [];
  });
}
