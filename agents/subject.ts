import type { AgentView, ServiceEntry } from '#domain/agent-turn.ts';
import type { Alert, Labels } from '#domain/alert.ts';
import type { ObjectRef } from '#domain/object-ref.ts';
import { type AlertTarget, targetOfLabels, unknownCluster } from '#domain/service-catalogue.ts';
import { severityOfWord, severityRank } from '#domain/severity.ts';
import { type Instant, toMs } from '#domain/time.ts';
import { labelsOfSubject } from './alert-labels.ts';

/** What an incident is about, read from its alerts: where to look, and from when. */
export type Subject = {
  readonly cluster: string;
  readonly namespace?: string;
  /** Where to look: the alerts' namespace, else those under investigation; empty where that may be anywhere. */
  readonly namespaces: readonly string[];
  /** Services that the alerts name, the worst alert's first. */
  readonly services: readonly string[];
  /** Objects that the alerts name. */
  readonly objects: readonly ObjectRef[];
  readonly alertNames: readonly string[];
  /** When the first alert that still counts began to fire. */
  readonly startsAt: Instant;
  /** When the last of them began to fire: whatever came later is not its cause. */
  readonly lastStartsAt: Instant;
  /** False when every alert has ended. */
  readonly firing: boolean;
};

/** Labels that name an object; `true` where it lives in a namespace. */
const objectLabels = [
  ['deployment', 'Deployment', true],
  ['statefulset', 'StatefulSet', true],
  ['daemonset', 'DaemonSet', true],
  ['job_name', 'Job', true],
  ['cronjob', 'CronJob', true],
  ['persistentvolumeclaim', 'PersistentVolumeClaim', true],
  ['horizontalpodautoscaler', 'HorizontalPodAutoscaler', true],
  ['pod', 'Pod', true],
  ['node', 'Node', false],
] as const;

/** Where an alert points to; the environment is the catalogue's where it knows the service. */
export function targetOfAlert(
  labels: Labels,
  services: readonly ServiceEntry[],
  clusters: readonly string[],
): AlertTarget {
  return targetOfLabels({ namespaces: {}, services: [...services] }, labelsOfSubject(labels), clusters);
}

/** The object that an alert's labels name, if they name one. */
export function objectOfLabels(labels: Labels, target: AlertTarget): ObjectRef | undefined {
  const { cluster, namespace, entry } = target;
  const own = labelsOfSubject(labels);
  for (const [label, kind, namespaced] of objectLabels) {
    const name = own[label];
    if (name === undefined || name === '') continue;
    if (!namespaced) return { cluster, kind, name };
    if (namespace !== undefined) return { cluster, kind, namespace, name };
  }
  if (entry?.workload === undefined || namespace === undefined) return undefined;
  return { cluster, kind: entry.workload.kind, namespace, name: entry.workload.name };
}

/**
 * An incident's alerts without those that were over before it was opened. Prometheus repeats an alert's end for a quarter of
 * an hour, so that a group's next incident is told of the last one's alerts as well.
 */
export function alertsOfIncident(alerts: readonly Alert[], openedAt: Instant): Alert[] {
  const own = alerts.filter(
    ({ status, endsAt }) => status === 'firing' || endsAt === undefined || toMs(endsAt) >= toMs(openedAt),
  );
  return own.length > 0 ? own : [...alerts];
}

function severityOf(alert: Alert): number {
  return severityRank(severityOfWord(alert.labels.severity ?? alert.labels.priority ?? alert.labels.level));
}

/** The alerts that still count, the worst first: those that fire, or all when none does. */
export function countingAlerts(alerts: readonly Alert[]): Alert[] {
  const firing = alerts.filter((alert) => alert.status === 'firing');
  return (firing.length > 0 ? firing : [...alerts]).toSorted(
    (a, b) => severityOf(a) - severityOf(b) || toMs(a.startsAt) - toMs(b.startsAt),
  );
}

function unique<T>(items: readonly (T | undefined)[]): T[] {
  return [...new Set(items.filter((item) => item !== undefined))];
}

/** What the incident is about. The triage's word, where there is one, comes before what the labels say. */
export function subjectOf(
  view: Pick<AgentView, 'alerts' | 'services' | 'clusters' | 'findings' | 'asOf' | 'incident' | 'scope'>,
): Subject {
  const alerts = countingAlerts(view.alerts);
  const targets = alerts.map((alert) => targetOfAlert(alert.labels, view.services, view.clusters));
  const { triage } = view.findings;
  const objects = unique([
    triage?.object,
    ...alerts.map((alert, index) => {
      const target = targets[index];
      return target === undefined ? undefined : objectOfLabels(alert.labels, target);
    }),
  ]);
  const scope = view.scope?.namespaces ?? [];
  const namespace =
    triage?.namespace ??
    targets.find((target) => target.namespace !== undefined)?.namespace ??
    (scope.length === 1 ? scope[0] : undefined);
  const starts = alerts.map((alert) => alert.startsAt).toSorted((a, b) => toMs(a) - toMs(b));
  return {
    cluster: triage?.cluster ?? targets[0]?.cluster ?? view.clusters[0] ?? unknownCluster,
    ...(namespace === undefined ? {} : { namespace }),
    namespaces: namespace === undefined ? scope : [namespace],
    services: unique([triage?.service, ...targets.map((target) => target.service), view.incident.service]),
    objects: objects.filter(
      (object, index) => objects.findIndex((other) => sameName(other, object)) === index,
    ),
    alertNames: unique(alerts.map((alert) => alert.labels.alertname)),
    startsAt: starts[0] ?? view.incident.openedAt,
    lastStartsAt: starts.at(-1) ?? view.incident.openedAt,
    // Trouble that somebody noticed without an alert has no end that is told.
    firing:
      (alerts.length === 0 && view.scope !== undefined) || alerts.some((alert) => alert.status === 'firing'),
  };
}

function sameName(a: ObjectRef, b: ObjectRef): boolean {
  return a.kind === b.kind && a.namespace === b.namespace && a.name === b.name;
}
