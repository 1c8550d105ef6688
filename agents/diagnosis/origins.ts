import { impactOf } from '../analysis/impact.ts';
import { type Feeling, type RankedService, rankServices } from '../analysis/service-ranking.ts';
import { isToldOfItself, symptomsToldOf } from './alert-kind.ts';
import type { CaseFile } from './case-file.ts';
import { isFelt, isMeasured } from './suspects.ts';
import { type TraceEvidence, traceEvidence, traceStrength } from './trace-evidence.ts';

/** Services that are not on the way of the trouble count so much. */
const asideFactor = 0.3;
/** Services that are called on the way, but with nothing between that suffers. */
const detachedFactor = 0.45;
/** So much, on the scale of strengths, must be felt of a service for trouble to have come through it. */
const passingStrength = 0.7;

/** Services that trouble of the alert's can have come from: what is felt goes from one to the next, without a calm one between. */
function connected({ graph, subject, readings }: CaseFile, felt: ReadonlyMap<string, number>): Set<string> {
  const measured = new Set(readings.filter(isMeasured).flatMap(({ service }) => service ?? []));
  const passes = (service: string) => !measured.has(service) || (felt.get(service) ?? 0) >= passingStrength;
  const reached = new Set(subject.services);
  const queue = [...reached];
  for (let service = queue.shift(); service !== undefined; service = queue.shift()) {
    for (const callee of graph.calleesOf(service)) {
      if (reached.has(callee) || !passes(callee)) continue;
      reached.add(callee);
      queue.push(callee);
    }
  }
  return reached;
}

/** Who hands on next to nothing of the trouble has a part in it all the same. */
const leastImpact = 0.15;

/** What each service hands on of what the alert tells of; empty where the alert does not say what is felt. */
function impactsOf({ readings }: CaseFile, told: ReadonlySet<Feeling>): Map<string, number> {
  const [feeling] = [...told];
  const impacts = new Map<string, number>();
  if (feeling === undefined) return impacts;
  const byService = Map.groupBy(readings, ({ service }) => service ?? '');
  for (const [service, own] of byService) {
    const impact = impactOf(own, feeling);
    if (impact !== undefined) impacts.set(service, impact);
  }
  return impacts;
}

/** The most that any hands on of those that something is felt of. */
function mostHandedOn(ranked: readonly RankedService[], impacts: ReadonlyMap<string, number>): number {
  const felt = ranked.filter((one) => one.felt >= passingStrength);
  return Math.max(0, ...felt.map(({ service }) => impacts.get(service) ?? 0));
}

/** How much of the trouble can have come from a service; 1 where that cannot be told. */
function impactFactor(impact: number | undefined, most: number): number {
  return impact === undefined || most === 0 ? 1 : Math.min(1, Math.max(leastImpact, impact / most));
}

/** True where it is known what users feel of the alert's own services, and they feel nothing. */
export function isCalm({ readings, below }: CaseFile): boolean {
  const own = readings.filter(({ service }) => service !== undefined && below.get(service) === 0);
  return own.some(isMeasured) && !own.some(isFelt);
}

/** A service where the trouble can have begun, with what speaks for it. */
export type Origin = RankedService & { readonly traces: TraceEvidence | undefined };

/** Services that only traces know, beside those that series speak of. */
function withTraces(
  ranked: readonly RankedService[],
  traces: ReadonlyMap<string, TraceEvidence>,
  told: ReadonlySet<Feeling>,
): Origin[] {
  const known = new Set(ranked.map(({ service }) => service));
  const unknown = [...traces.keys()].filter((service) => !known.has(service));
  const blank = { score: 0, own: 0, felt: 0, unexplained: 0, readings: [] };
  return [...ranked, ...unknown.map((service) => ({ ...blank, service }))].map((one) => {
    const own = traces.get(one.service);
    return { ...one, traces: own, score: one.score + (own === undefined ? 0 : traceStrength(own, told)) };
  });
}

const movedOwn = 1;
const ofItselfFactor = 1.4;

/** An alert about a service's own pods or means, which did move, is about that service, whoever suffers beside it. */
function ofItself(file: CaseFile, origin: Origin): Origin {
  const told = origin.own >= movedOwn && isToldOfItself(file, origin.service);
  return told ? { ...origin, score: origin.score * ofItselfFactor } : origin;
}

/** Where the trouble can have begun, as far as series and traces tell, the most likely first. */
export function originsOf(file: CaseFile): Origin[] {
  const { graph, below, subject, readings } = file;
  const told = symptomsToldOf(file);
  const impacts = impactsOf(file, told);
  const ranked = rankServices(readings, graph, { told, impacts });
  const most = mostHandedOn(ranked, impacts);
  const origins = withTraces(ranked, traceEvidence(file), told);
  const sorted = (all: readonly Origin[]) =>
    all.map((one) => ofItself(file, one)).toSorted((a, b) => b.score - a.score);
  if (!subject.services.some((service) => graph.services.has(service))) return sorted(origins);
  const shown = origins.map((one) => {
    const inTraces = one.traces === undefined ? 0 : traceStrength(one.traces, told);
    return [one.service, Math.max(one.felt, inTraces)] as const;
  });
  const on = connected(file, new Map(shown));
  const factor = (service: string) =>
    on.has(service) ? 1 : below.has(service) ? detachedFactor : asideFactor;
  const byImpact = ({ service, traces }: Origin) =>
    // Where requests are seen to fail or to stay, nothing need be reckoned.
    traces !== undefined && traceStrength(traces, told) >= passingStrength
      ? 1
      : impactFactor(impacts.get(service), most);
  return sorted(origins.map((one) => ({ ...one, score: one.score * factor(one.service) * byImpact(one) })));
}
