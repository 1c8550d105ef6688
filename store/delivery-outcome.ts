import { type Alert, type Delivery, duplicateWindowMs } from '#domain/alert.ts';
import { type Severity, severityOfWord, worseSeverity } from '#domain/severity.ts';
import { type Instant, toMs } from '#domain/time.ts';

export const deliveryOutcomes = [
  /** A new incident. */
  'opened',
  /** News for an open incident. */
  'joined',
  /** The same as before, after a while. */
  'still-firing',
  /** The end of an open incident's alerts. */
  'resolved',
  /** The same as just now: counted, nothing else. */
  'duplicate',
  /** A new incident that continues a closed one. */
  'reopened',
  /** An end of what was not open. */
  'ignored',
] as const;
export type DeliveryOutcome = (typeof deliveryOutcomes)[number];

/** What is on record of a delivery's group, read while the group is locked. */
export type GroupState = {
  readonly openIncident?: { readonly id: string; readonly deliveryCount: number };
  /** The last incident of the group that was closed. */
  readonly closedIncidentId?: string;
  /** The last delivery of the same receiver. */
  readonly latest?: {
    readonly deliveryId: string;
    readonly hash: string;
    readonly receivedAt: Instant;
    readonly incidentId?: string;
    readonly deliveryNo?: number;
  };
  /** The last delivery of the group that was ignored, with its alerts. */
  readonly ignored?: { readonly receivedAt: Instant; readonly alerts: readonly Alert[] };
};

/** Less than a minute apart, whichever way: a clock that was set back must not make everything a duplicate for hours. */
function cameJustBefore(earlier: Instant, later: Instant): boolean {
  return Math.abs(toMs(later) - toMs(earlier)) < duplicateWindowMs;
}

/**
 * What a delivery is. A duplicate equals the latest one of its receiver and group, received less than a minute ago; an
 * equal one that comes later says that it still fires, and after its incident was closed it opens the successor.
 */
export function outcomeOf(
  item: { readonly delivery: Delivery; readonly receivedAt: Instant; readonly hash: string },
  state: GroupState,
): DeliveryOutcome {
  const { delivery, receivedAt, hash } = item;
  const isRepeat = state.latest?.hash === hash;
  if (isRepeat && state.latest !== undefined && cameJustBefore(state.latest.receivedAt, receivedAt))
    return 'duplicate';
  if (state.openIncident === undefined) {
    if (delivery.status === 'resolved') return 'ignored';
    return state.closedIncidentId === undefined ? 'opened' : 'reopened';
  }
  if (delivery.status === 'resolved') return 'resolved';
  return isRepeat ? 'still-firing' : 'joined';
}

/**
 * A delivery's alerts as they are to be recorded. An end that overtook its own beginning was ignored when it came; the
 * beginning that comes shortly after must not bring the alert back to life, for nobody will end it again.
 */
export function alertsToRecord(delivery: Delivery, receivedAt: Instant, state: GroupState): Alert[] {
  const { ignored } = state;
  if (ignored === undefined || !cameJustBefore(ignored.receivedAt, receivedAt)) return [...delivery.alerts];
  return delivery.alerts.map((alert) => {
    const ended = ignored.alerts.find(
      (other) =>
        other.status === 'resolved' &&
        other.fingerprint === alert.fingerprint &&
        toMs(other.startsAt) === toMs(alert.startsAt),
    );
    return ended ?? alert;
  });
}

const longestTitle = 300;

/** How an incident is called until the master has looked at it. */
export function titleOf(delivery: Delivery): string {
  const first = delivery.alerts[0];
  const name =
    delivery.commonLabels.alertname ?? delivery.groupLabels.alertname ?? first?.labels.alertname ?? 'Alert';
  const summary = delivery.commonAnnotations.summary ?? first?.annotations.summary;
  return (summary === undefined || summary === '' ? name : `${name}: ${summary}`).slice(0, longestTitle);
}

/** The worst severity that an alert of the delivery names: firing ones, or all where none fires. */
export function severityOf(delivery: Delivery): Severity {
  const firing = delivery.alerts.filter((alert) => alert.status === 'firing');
  const counted = firing.length > 0 ? firing : delivery.alerts;
  return counted
    .map((alert) => severityOfWord(alert.labels.severity ?? alert.labels.priority))
    .reduce(worseSeverity);
}
