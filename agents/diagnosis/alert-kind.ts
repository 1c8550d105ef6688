import type { Alert } from '#domain/alert.ts';
import { countingAlerts, targetOfAlert } from '../subject.ts';
import type { CaseFile } from './case-file.ts';

/** What users feel of a trouble. */
export type Symptom = 'errors' | 'latency';

const words: readonly (readonly [Symptom, RegExp])[] = [
  ['latency', /latency|slow|duration|response.?time|p9\d|percentile/i],
  [
    'errors',
    /error.?(rate|ratio|budget)|\berrors\b|5xx|http.?5|fail(s|ed|ure|ures)?\b|availability|success.?(rate|ratio)/i,
  ],
];

/** What an alert says that users feel; nothing where it is about something else. */
export function symptomsOf({ labels, annotations }: Alert): Symptom[] {
  const text = [labels.alertname, annotations.summary, annotations.description].join(' ');
  return words.flatMap(([symptom, pattern]) => (pattern.test(text) ? [symptom] : []));
}

/** What the alerts say that users feel; empty for alerts about pods, nodes and the like. */
export function symptomsToldOf(file: CaseFile): Set<Symptom> {
  return new Set(countingAlerts(file.view.alerts).flatMap(symptomsOf));
}

/** True where an alert tells that this service's own pods or workload are not well, whatever else its users may feel. */
export function isToldOfItself(file: CaseFile, service: string | undefined): boolean {
  const { alerts, services, clusters } = file.view;
  return countingAlerts(alerts).some(
    (alert) =>
      symptomsOf(alert).length === 0 && targetOfAlert(alert.labels, services, clusters).service === service,
  );
}

/** True for an alert about what users feel: that its object stands well does not answer it. */
export function isFeltAlertOf(alert: Alert): boolean {
  return symptomsOf(alert).length > 0;
}

/** True for alerts about what users feel, which a pod in trouble beside enough healthy ones does not explain. */
export function isFeltAlert(file: CaseFile): boolean {
  return symptomsToldOf(file).size > 0;
}
