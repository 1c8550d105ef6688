import type { ObjectRef } from '#domain/object-ref.ts';
import { type Instant, toMs } from '#domain/time.ts';
import { entityOf } from '../analysis/kubernetes/entities.ts';
import type { Workload } from '../analysis/kubernetes/workload.ts';
import { feltSignals } from '../analysis/signal-kinds.ts';
import type { Reading } from '../analysis/signals.ts';
import { suspects } from '../analysis/topology.ts';
import type { Candidate } from './candidate.ts';
import type { CaseFile } from './case-file.ts';
import { describeReading, quoteReading } from './readings.ts';

/** Readings of one service that got worse, the farthest first. */
export function worseReadings(file: CaseFile, service: string): Reading[] {
  return file.readings
    .filter((reading) => reading.service === service && reading.moved && reading.score > 0)
    .toSorted((a, b) => b.score - a.score);
}

function isFelt(reading: Reading): boolean {
  return feltSignals.has(reading.info.signal) && reading.moved && reading.score > 0;
}

function isMeasured({ info, before, now }: Reading): boolean {
  return feltSignals.has(info.signal) && before !== undefined && now !== undefined;
}

/**
 * Services whose users feel something, among those that the trouble can come from. Where the alert's own service is measured
 * and calm, whatever stirs below it is not what the alert is about.
 */
export function anomalousServices(file: CaseFile): Set<string> {
  const { below, graph, subject, readings } = file;
  const bounded = subject.services.length > 0 && graph.services.size > 0;
  const own = readings.filter(({ service }) => service !== undefined && below.get(service) === 0);
  if (bounded && own.some(isMeasured) && !own.some(isFelt)) return new Set();
  return new Set(
    readings
      .filter(isFelt)
      .flatMap(({ service }) => service ?? [])
      .filter((service) => !bounded || below.has(service)),
  );
}

/** Anomalous services that call no anomalous one: where the trouble can have begun, the most disturbed first. */
export function suspectServices(file: CaseFile): string[] {
  const worst = (service: string) =>
    Math.max(
      0,
      ...worseReadings(file, service)
        .filter(isFelt)
        .map(({ score }) => score),
    );
  return suspects(file.graph, anomalousServices(file)).toSorted(
    (a, b) => worst(b) - worst(a) || (a < b ? -1 : 1),
  );
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
  const felt = worse.filter(isFelt);
  const onset =
    felt.flatMap(({ since }) => since ?? []).toSorted((a, b) => toMs(a) - toMs(b))[0] ?? file.onset;
  const [workload] = entityOf(file.snapshot, service, file.view.services).workloads;
  return { file, service, workload, worse, onset };
}

/** The object to name where no workload is known: the service itself. */
function placeOf(suspect: Suspect): ObjectRef {
  const { file, service, workload } = suspect;
  const { cluster, namespace } = file.subject;
  return (
    workload?.ref ?? {
      cluster,
      kind: 'Service',
      name: service,
      ...(namespace === undefined ? {} : { namespace }),
    }
  );
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
