import { workloadKinds } from '#domain/actions/workload.ts';
import type { AgentView } from '#domain/agent-turn.ts';
import type { ObjectRef } from '#domain/object-ref.ts';
import { type Instant, secondsBetween, toMs } from '#domain/time.ts';
import { alertmanagerListAlerts } from '#domain/tools/alertmanager.ts';
import { environmentEdges } from '../analysis/environment-edges.ts';
import { entityOf, serviceOfWorkload } from '../analysis/kubernetes/entities.ts';
import { podsOf } from '../analysis/kubernetes/owners.ts';
import { longRunning, type Snapshot, snapshotOf } from '../analysis/kubernetes/snapshot.ts';
import { feltSignals, movedAt } from '../analysis/signal-kinds.ts';
import type { Reading } from '../analysis/signals.ts';
import { type CallGraph, hopsFrom } from '../analysis/topology.ts';
import { answersOf } from '../answers.ts';
import { callGraphOf, readingsOf } from '../signal-questions.ts';
import { countingAlerts, type Subject, subjectOf, targetOfAlert } from '../subject.ts';
import { type Windows, windowsAround } from '../windows.ts';

/** Everything that a diagnosis is made from, put in order once. */
export type CaseFile = {
  readonly view: AgentView;
  readonly subject: Subject;
  readonly windows: Windows;
  readonly snapshot: Snapshot;
  readonly graph: CallGraph;
  readonly readings: readonly Reading[];
  /** Services from the alert's down to what they call, with the number of calls between. */
  readonly below: ReadonlyMap<string, number>;
  /** Services that call the alert's. */
  readonly above: ReadonlyMap<string, number>;
  /** The alert names nothing but a place: its services are those that suffer there, and all that is there is meant. */
  readonly placeOnly: boolean;
  /** When the trouble began, as far as signals tell; else when the alert did. */
  readonly onset: Instant;
  readonly serviceOf: (ref: ObjectRef) => string | undefined;
};

const calleeHops = 6;

/** When the clearest signal of the alert's own services left its quiet state. */
function onsetOf(
  subject: Subject,
  readings: readonly Reading[],
  below: ReadonlyMap<string, number>,
  windows: Windows,
): Instant {
  const [clearest] = readings
    .filter(
      ({ moved, info, service, since }) =>
        moved &&
        feltSignals.has(info.signal) &&
        service !== undefined &&
        (below.size === 0 || below.get(service) === 0) &&
        since !== undefined &&
        toMs(since) >= toMs(windows.troubleFrom) &&
        toMs(since) <= toMs(subject.startsAt),
    )
    .toSorted((a, b) => b.score - a.score);
  return clearest?.since ?? subject.startsAt;
}

/** Names that metrics, call edges and alerts use for services. */
function knownServices(subject: Subject, graph: CallGraph, readings: readonly Reading[]): Set<string> {
  return new Set([
    ...subject.services,
    ...graph.services,
    ...readings.flatMap(({ service }) => service ?? []),
  ]);
}

function serviceOfObject(
  snapshot: Snapshot,
  view: AgentView,
  known: ReadonlySet<string>,
  ref: ObjectRef,
): string | undefined {
  if (workloadKinds.some((kind) => kind === ref.kind))
    return serviceOfWorkload(snapshot, ref, view.services, known);
  if (ref.kind === 'Service') {
    if (known.has(ref.name)) return ref.name;
    const [workload] = entityOf(snapshot, ref.name, view.services).workloads;
    return workload === undefined
      ? ref.name
      : serviceOfWorkload(snapshot, workload.ref, view.services, known);
  }
  if (ref.kind !== 'Pod') return undefined;
  const owner = longRunning(snapshot).find((workload) =>
    podsOf(snapshot, workload).some((pod) => pod.ref.name === ref.name),
  );
  return owner === undefined ? undefined : serviceOfWorkload(snapshot, owner.ref, view.services, known);
}

/** A service of which nothing is known is none: an alert may name the thing itself by another label (`dbinstance_identifier`). */
function byLabel(subject: Subject, view: AgentView, measured: ReadonlySet<string>): string[] {
  if (subject.services.some((service) => measured.has(service))) return [];
  const values = countingAlerts(view.alerts).flatMap(({ labels }) => Object.values(labels));
  return values.filter((value) => measured.has(value));
}

const coarseStepSeconds = 60;

/** A series as it was when it was worst since the trouble began. */
function atItsWorst(reading: Reading): Reading {
  const { peak, score, worst, info } = reading;
  if (peak < movedAt(info.signal) || peak <= Math.abs(score) || worst === undefined) return reading;
  // One point of a coarse series may be chance; of a fine one the worst lasted, or its peak would not be one.
  const typical = (info.stepSeconds ?? coarseStepSeconds) < coarseStepSeconds ? worst : reading.typical;
  return { ...reading, now: worst, typical, score: peak, moved: true };
}

/** So soon after an alert most of what counts as now is from before the trouble. */
const justBegunSeconds = 30;

/**
 * Whether the trouble's worst tells more than the present: a record ends when it was taken, and what the alert fired for may
 * have been over by then; and an alert that has just begun is seen seconds after its trouble.
 */
function isAtItsWorst(view: AgentView, { firing, lastStartsAt }: Subject): boolean {
  const justBegun = secondsBetween(lastStartsAt, view.asOf) < justBegunSeconds;
  return firing && (justBegun || view.scope?.recorded === true);
}

/** Alerts of the same time tell who suffers where the incident's own names nothing but a place. */
const sameTimeSeconds = 900;

/** Services that other alerts of the namespace name; where there are none, those that nobody in it calls: users meet them first. */
function servicesOfPlace(subject: Subject, view: AgentView, graph: CallGraph): string[] {
  if (subject.services.length + subject.objects.length > 0 || subject.namespace === undefined) return [];
  const told = answersOf(view, alertmanagerListAlerts)
    .flatMap(({ output }) => output.items)
    .filter(
      ({ labels, startsAt }) =>
        labels.namespace === subject.namespace &&
        Math.abs(secondsBetween(startsAt, subject.startsAt)) <= sameTimeSeconds,
    )
    .map((alert) => targetOfAlert(alert.labels, view.services, view.clusters).service)
    .filter((service) => service !== undefined && graph.services.has(service));
  const named = [...new Set(told)].filter((service) => service !== undefined);
  if (named.length > 0) return named;
  return [...graph.services].filter((service) => graph.callersOf(service).length === 0);
}

/** The services that the alerts speak of, by the names that metrics and edges use. */
function namedServices(
  subject: Subject,
  snapshot: Snapshot,
  view: AgentView,
  known: ReadonlySet<string>,
  measured: ReadonlySet<string>,
): string[] {
  const byObject = subject.objects.flatMap((object) => serviceOfObject(snapshot, view, known, object) ?? []);
  const byName = subject.services.flatMap((service) => {
    const [workload] = entityOf(snapshot, service, view.services).workloads;
    return workload === undefined ? [] : [serviceOfWorkload(snapshot, workload.ref, view.services, known)];
  });
  return [...new Set([...byLabel(subject, view, measured), ...subject.services, ...byName, ...byObject])];
}

export function openCase(view: AgentView): CaseFile {
  const subject = subjectOf(view);
  const snapshot = snapshotOf(view, subject.cluster);
  const measured = callGraphOf(view);
  const graph = measured.services.size > 0 ? measured : callGraphOf(view, environmentEdges(snapshot));
  const read = readingsOf(view, subject);
  const readings = isAtItsWorst(view, subject) ? read.map(atItsWorst) : read;
  const known = knownServices(subject, graph, readings);
  const measuredServices = new Set([...graph.services, ...readings.flatMap(({ service }) => service ?? [])]);
  const named = namedServices(subject, snapshot, view, known, measuredServices);
  const services = named.length > 0 ? named : servicesOfPlace(subject, view, graph);
  const below = hopsFrom(services, graph.calleesOf, calleeHops);
  const windows = windowsAround(subject.startsAt, view.asOf);
  const owners = new Map<string, string | undefined>();
  return {
    view,
    subject: { ...subject, services },
    windows,
    snapshot,
    graph,
    readings,
    below,
    placeOnly: named.length === 0,
    above: hopsFrom(services, graph.callersOf, 1),
    onset: onsetOf(subject, readings, below, windows),
    serviceOf: (ref) => {
      const key = `${ref.kind}/${ref.namespace ?? ''}/${ref.name}`;
      if (!owners.has(key)) owners.set(key, serviceOfObject(snapshot, view, known, ref));
      return owners.get(key);
    },
  };
}
