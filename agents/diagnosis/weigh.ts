import { canonicalJson } from '#domain/hash.ts';
import { objectKey } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import { workloadAt } from '../analysis/kubernetes/owners.ts';
import { isReady } from '../analysis/kubernetes/pod.ts';
import { readyReplicas, wantedReplicas } from '../analysis/kubernetes/workload.ts';
import { hopsFrom } from '../analysis/topology.ts';
import { quotesAgainst } from './against.ts';
import { isFeltAlert, isToldOfItself } from './alert-kind.ts';
import type { Candidate, Weighed } from './candidate.ts';
import type { CaseFile } from './case-file.ts';
import { didNotHelp, fixOptions } from './fix.ts';
import { touchesNamed } from './named-objects.ts';

/**
 * How much a candidate's certainty counts here: what is not on the way of the trouble, was there long before it, or does
 * not hurt now, explains little. Factors multiply; the scale is monotone and not yet calibrated.
 */
type Factor = { readonly factor: number; readonly doubt?: string };

const severityFactor = { error: 1, warning: 0.75, info: 0.25 } as const;
const sureEnough = 0.98;

/** An alert that names nothing but a namespace is about all of it; one that names an object is about that. */
function inNamespace(file: CaseFile, { object, through }: Candidate): Factor {
  const { namespace, objects } = file.subject;
  if (namespace === undefined)
    return objects.length === 0
      ? { factor: 0.3, doubt: 'the alert names nothing that it could have to do with' }
      : { factor: 0.3, doubt: 'nothing ties it to what the alert names' };
  if (![object, ...through].some((ref) => ref.namespace === namespace))
    return { factor: 0.3, doubt: 'it is in another namespace' };
  return objects.length === 0
    ? { factor: 0.75 }
    : { factor: 0.4, doubt: 'nothing ties it to what the alert names' };
}

function relation(file: CaseFile, candidate: Candidate): Factor {
  const { graph, subject } = file;
  const { object, through } = candidate;
  // What moved when the trouble began has to do with it, where nothing tells who calls whom.
  const unknownWay = !subject.services.some((name) => graph.services.has(name));
  if (unknownWay && file.snapshot.kindsRead.size === 0) return { factor: 0.95 };
  if (touchesNamed(file, candidate)) return { factor: 1 };
  if (object.kind === 'Node' && through.length === 0) return nodeRelation(file, candidate);
  if (subject.services.length === 0) return inNamespace(file, candidate);
  const way = onTheWay(file, candidate);
  const place = inNamespace(file, candidate);
  return file.placeOnly && place.factor >= way.factor ? place : way;
}

function onTheWay(file: CaseFile, candidate: Candidate): Factor {
  const { below, above, graph, subject } = file;
  const { service, object } = candidate;
  const hops = service === undefined ? undefined : below.get(service);
  if (hops === 0) return { factor: 1 };
  if (hops !== undefined) return { factor: 0.97 };
  if (service !== undefined && above.has(service))
    return { factor: 0.4, doubt: `${service} calls the alert's service and is not called by it` };
  const pathKnown = subject.services.some((name) => graph.services.has(name));
  if (!pathKnown && object.namespace === subject.namespace) return { factor: 0.75 };
  return { factor: 0.3, doubt: 'it is not on the way of the trouble' };
}

/** A node matters where pods on the way of the trouble run on it and are not ready. */
function nodeRelation(file: CaseFile, { object }: Candidate): Factor {
  const pods = file.snapshot.pods.filter(({ spec }) => spec?.nodeName === object.name);
  const hurt = pods.some((pod) => isReady(pod) === false && file.below.has(file.serviceOf(pod.ref) ?? ''));
  // Of a record that holds nodes and no pods nobody can say whom it hurts: it is the likeliest there is.
  if (!file.snapshot.kindsRead.has('pods')) return { factor: 0.6, doubt: 'its pods could not be seen' };
  return hurt || pods.length === 0
    ? { factor: hurt ? 0.95 : 0.4 }
    : { factor: 0.3, doubt: 'no pod on the way of the trouble suffers from it' };
}

const oldSeconds = 7200;

function age(file: CaseFile, candidate: Candidate): Factor {
  const { since, service } = candidate;
  if (since === undefined) return { factor: 0.9 };
  const before = secondsBetween(since, file.windows.troubleFrom);
  if (before <= 0) return { factor: 1 };
  const named = (service !== undefined && file.below.get(service) === 0) || touchesNamed(file, candidate);
  if (before <= oldSeconds) return { factor: 0.75, doubt: `it has been so since ${since}` };
  return { factor: named ? 0.55 : 0.35, doubt: `it has been so since ${since}, long before` };
}

const servingCodes = /^(image|container|scheduling|admission)\./;

function impact(file: CaseFile, candidate: Candidate): Factor {
  if (!servingCodes.test(candidate.code) || !isFeltAlert(file)) return { factor: 1 };
  // One of the alerts is about just that: what users feel elsewhere came along with it.
  if (isToldOfItself(file, candidate.service)) return { factor: 1 };
  const workload = workloadAt(file.snapshot, candidate.object);
  const wanted = workload === undefined ? undefined : wantedReplicas(workload);
  const ready = workload === undefined ? undefined : readyReplicas(workload);
  if (wanted === undefined || ready === undefined || ready < wanted || wanted === 0) return { factor: 1 };
  return { factor: 0.75, doubt: `${ready} of ${wanted} replicas are ready all the same` };
}

/** What was tried for it and did not help is believed less. */
function experience(file: CaseFile, candidate: Candidate): Factor {
  const options = fixOptions(file, candidate);
  const failed = options.filter((option) => didNotHelp(file.view.tried, option));
  if (failed.length === 0) return { factor: 1 };
  return failed.length < options.length
    ? { factor: 0.85, doubt: 'a first step for it did not help' }
    : { factor: 0.3, doubt: 'what would mend it was tried and did not help' };
}

export function weigh(file: CaseFile, candidate: Candidate): Weighed {
  const factors = [
    relation(file, candidate),
    age(file, candidate),
    impact(file, candidate),
    experience(file, candidate),
  ];
  const product = factors.reduce(
    (total, { factor }) => total * factor,
    candidate.certainty * severityFactor[candidate.severity],
  );
  return {
    ...candidate,
    confidence: Math.round(Math.min(sureEnough, product) * 100) / 100,
    doubts: factors.flatMap(({ doubt }) => doubt ?? []),
    against: quotesAgainst(file, candidate),
  };
}

/** Faults that a deeper one may well have caused: an application that ends or slows down when what it calls is away. */
const derivable =
  /^(container\.(crash-exit|init-failed)|probe\.(other|.*-timing)|application\.|dependency\.|network\.dns)/;

/** Root before symptom: a derivable fault above a sure one in what it calls is believed less. */
function rootBeforeSymptom(file: CaseFile, all: readonly Weighed[]): Weighed[] {
  return all.map((candidate) => {
    if (candidate.service === undefined || !derivable.test(candidate.code)) return candidate;
    const called = hopsFrom([candidate.service], file.graph.calleesOf, 4);
    const root = all.find(
      (other) =>
        other !== candidate &&
        !other.consequence &&
        other.service !== undefined &&
        other.service !== candidate.service &&
        called.has(other.service) &&
        other.confidence >= 0.6,
    );
    if (root === undefined) return candidate;
    const factor = candidate.rollout === undefined ? 0.6 : 0.85;
    return {
      ...candidate,
      confidence: Math.round(candidate.confidence * factor * 100) / 100,
      doubts: [...candidate.doubts, `${root.service}, which it calls, is broken itself`],
      against: [...root.evidence.slice(0, 1), ...candidate.against],
    };
  });
}

/** True where one's object, or something between it and whoever suffers, is on the other's way. */
function sharesPlace(a: Candidate, b: Candidate): boolean {
  const places = new Set([a.object, ...a.through].map(objectKey));
  return [b.object, ...b.through].some((ref) => places.has(objectKey(ref)));
}

/** A consequence is told only where nothing deeper of the same service, or below it, is found. */
function withoutExplained(file: CaseFile, all: readonly Weighed[]): Weighed[] {
  return all.filter((candidate) => {
    if (!candidate.consequence) return true;
    const called =
      candidate.service === undefined ? new Map() : hopsFrom([candidate.service], file.graph.calleesOf, 4);
    return !all.some(
      (other) =>
        !other.consequence &&
        other.confidence >= 0.3 &&
        (sharesPlace(other, candidate) ||
          (other.service !== undefined && other.service === candidate.service) ||
          called.has(other.service ?? '')),
    );
  });
}

/** Objects on which something was seen explain signals of the same service: the guess from signals steps back. */
function objectBeforeGuess(all: readonly Weighed[]): Weighed[] {
  return all.filter((candidate) => {
    if (candidate.seenOnObject) return true;
    const vague = candidate.rollout === undefined && candidate.certainty <= 0.62;
    return !(
      vague &&
      all.some(
        (other) =>
          other.seenOnObject &&
          other.service === candidate.service &&
          !other.consequence &&
          other.confidence >= 0.5,
      )
    );
  });
}

/** Two ways to the same answer (a rollout that changed the CPU limit, and the throttling) are one, the surer. */
function distinct(all: readonly Weighed[]): Weighed[] {
  const key = ({ object, code }: Weighed) => canonicalJson([object, code]);
  return [...Map.groupBy(all, key).values()].flatMap(
    (same) => same.toSorted((a, b) => b.confidence - a.confidence)[0] ?? [],
  );
}

/** All candidates by how much they are believed. */
export function rankCandidates(file: CaseFile, candidates: readonly Candidate[]): Weighed[] {
  const weighed = candidates.map((candidate) => weigh(file, candidate));
  return distinct(objectBeforeGuess(withoutExplained(file, rootBeforeSymptom(file, weighed)))).toSorted(
    (a, b) => b.confidence - a.confidence || b.certainty - a.certainty,
  );
}
