import type { ObjectRef } from '#domain/object-ref.ts';
import type { Instant } from '#domain/time.ts';
import { entityOf } from '../analysis/kubernetes/entities.ts';
import type { Workload } from '../analysis/kubernetes/workload.ts';
import { feltSignals } from '../analysis/signal-kinds.ts';
import type { Reading } from '../analysis/signals.ts';
import { suspects } from '../analysis/topology.ts';
import type { Symptom } from './alert-kind.ts';
import type { Candidate } from './candidate.ts';
import type { CaseFile } from './case-file.ts';
import { describeReading, quoteReading } from './readings.ts';

/** Readings of one service that got worse, the farthest first. */
export function worseReadings(file: CaseFile, service: string): Reading[] {
  return file.readings
    .filter((reading) => reading.service === service && reading.moved && reading.score > 0)
    .toSorted((a, b) => b.score - a.score);
}

export function isFelt(reading: Reading): boolean {
  return feltSignals.has(reading.info.signal) && reading.moved && reading.score > 0;
}

/** True for what users feel where it is known how it was before, and how it is now. */
export function isMeasured({ info, before, now }: Reading): boolean {
  return feltSignals.has(info.signal) && before !== undefined && now !== undefined;
}

/**
 * Services whose users feel something, among those that the trouble can come from. Where the alert's own service is measured
 * and calm, whatever stirs below it is not what the alert is about.
 */
export function anomalousServices(file: CaseFile, symptom?: Symptom): Set<string> {
  const { below, graph, subject, readings } = file;
  const bounded = subject.services.length > 0 && graph.services.size > 0;
  const own = readings.filter(({ service }) => service !== undefined && below.get(service) === 0);
  if (bounded && own.some(isMeasured) && !own.some(isFelt)) return new Set();
  return new Set(
    readings
      .filter((reading) => isFelt(reading) && (symptom === undefined || symptomOf(reading) === symptom))
      .flatMap(({ service }) => service ?? [])
      .filter((service) => !bounded || below.has(service)),
  );
}

/** What cannot be reached fails. */
function symptomOf({ info }: Reading): Symptom {
  return info.signal === 'latency' ? 'latency' : 'errors';
}

/**
 * Where the trouble can have begun: for each symptom the services that show it and call none that does. That something below
 * is a little slow does not excuse a service that fails. The most disturbed come first.
 */
export function suspectServices(file: CaseFile): Map<string, ReadonlySet<Symptom>> {
  const found = new Map<string, Set<Symptom>>();
  for (const symptom of ['errors', 'latency'] as const) {
    for (const service of suspects(file.graph, anomalousServices(file, symptom))) {
      found.set(service, (found.get(service) ?? new Set()).add(symptom));
    }
  }
  const worst = (service: string) => worseReadings(file, service).find(isFelt)?.score ?? 0;
  return new Map([...found].toSorted(([a], [b]) => worst(b) - worst(a) || (a < b ? -1 : 1)));
}

/** A service where the trouble can have begun, with what is known of it. */
export type Suspect = {
  readonly file: CaseFile;
  readonly service: string;
  readonly workload: Workload | undefined;
  readonly worse: readonly Reading[];
  /** When its own signals left their quiet state. */
  readonly onset: Instant;
};

export function suspectOf(file: CaseFile, service: string): Suspect {
  const worse = worseReadings(file, service);
  // What a service says of itself dates the trouble best, and of that the clearest signal.
  const felt = worse.filter(isFelt);
  const own = felt.find(({ info }) => info.emitter.service === service && info.emitter.version === undefined);
  const onset = (own ?? felt.find(({ since }) => since !== undefined))?.since ?? file.subject.startsAt;
  const [workload] = entityOf(file.snapshot, service, file.view.services).workloads;
  return { file, service, workload, worse, onset };
}

/** The object to name where no workload is known: the service itself, in a namespace only where that is known to be its. */
function placeOf(suspect: Suspect): ObjectRef {
  const { file, service, workload } = suspect;
  const { cluster, namespace } = file.subject;
  if (workload !== undefined) return workload.ref;
  const [seen] = entityOf(file.snapshot, service, file.view.services).services;
  if (seen !== undefined) return seen.ref;
  const own = file.below.get(service) === 0 && namespace !== undefined;
  return { cluster, kind: 'Service', name: service, ...(own ? { namespace } : {}) };
}

export function baseOf(suspect: Suspect): Omit<Candidate, 'code' | 'certainty' | 'reasons'> {
  const told = suspect.worse.slice(0, 2);
  return {
    object: placeOf(suspect),
    service: suspect.service,
    evidence: told.flatMap((reading) => quoteReading(reading, 0.5)),
    severity: 'error',
    since: suspect.onset,
    through: [],
    consequence: false,
    seenOnObject: false,
    fixHint: {},
    rollout: undefined,
    change: undefined,
  };
}

/** True where a signal of this sort got worse. */
export function has(suspect: Suspect, signal: Reading['info']['signal']): boolean {
  return suspect.worse.some(({ info }) => info.signal === signal);
}

/** What is felt of it, in sentences. */
export function symptoms(suspect: Suspect): string[] {
  return suspect.worse.slice(0, 2).map((reading) => `${describeReading(reading)}.`);
}
