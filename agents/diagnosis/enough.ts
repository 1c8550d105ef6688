import type { Alert } from '#domain/alert.ts';
import { meaningOfName } from '#domain/metric-words.ts';
import { patrolAlertNames } from '#domain/patrol.ts';
import { monitorsList } from '#domain/tools/prometheus.ts';
import { entityOf, serviceOfWorkload } from '../analysis/kubernetes/entities.ts';
import type { Reading } from '../analysis/signals.ts';
import { answersOf } from '../answers.ts';
import { countingAlerts, objectOfLabels, targetOfAlert } from '../subject.ts';
import { isFeltAlertOf, type Symptom, symptomsOf } from './alert-kind.ts';
import type { CaseFile } from './case-file.ts';
import { readingsOfResource, resourceOfAlerts } from './cloud-candidates.ts';
import { describeReading } from './readings.ts';
import { standingOf } from './standing.ts';
import { isMeasured } from './suspects.ts';

/** Whether enough was seen to say that nothing is wrong. "Healthy" is said of what was looked at, and of nothing else. */

/** The rule of an alert that is met still: whatever it measures is not well, although nothing else shows it. */
function firingRule(file: CaseFile): string | undefined {
  const monitors = answersOf(file.view, monitorsList).at(-1)?.output.items ?? [];
  const firing = monitors.find(
    ({ name, state, labels }) =>
      state === 'firing' &&
      file.view.alerts.some(
        (alert) =>
          alert.labels.alertname === name &&
          Object.entries(labels).every(([key, value]) => (alert.labels[key] ?? value) === value),
      ),
  );
  return firing?.name;
}

/** Why it is not known which rules are met; undefined where it is, or where there is nothing to ask. */
function unknownRules({ view }: CaseFile): string | undefined {
  const asked = view.evidence.filter(({ call }) => call.tool === monitorsList.name);
  if (asked.some(({ error }) => error === undefined)) return undefined;
  return asked.find(({ error }) => error !== undefined && error.code !== 'not-supported')?.error?.message;
}

/** Below this part of its quiet time's traffic nobody asks a service any more. */
const unaskedPart = 0.05;

/** Services of the alert that were asked before and are asked no more: that nothing fails there says nothing. */
function unaskedServices({ readings, below }: CaseFile): string[] {
  const unasked = readings.filter(
    ({ service, info, before, now }) =>
      info.signal === 'traffic' &&
      info.emitter.pod === undefined &&
      info.emitter.version === undefined &&
      service !== undefined &&
      below.get(service) === 0 &&
      before !== undefined &&
      (now ?? 0) < before * unaskedPart,
  );
  return [...new Set(unasked.flatMap(({ service }) => service ?? []))];
}

/** Shares from which on usage is trouble by itself, and waiting for CPU is felt. */
const fullShare = 0.9;
const throttledShare = 0.25;

function shareOf(unit: string | undefined, value: number | undefined): number | undefined {
  if (value === undefined) return undefined;
  return unit === 'ratio' ? value : unit === '%' ? value / 100 : undefined;
}

/** Moved to the bad, in a way that is no mere change of habit. */
function isBad({ info, moved, score, before, now }: Reading): boolean {
  if (!moved || score <= 0) return false;
  if (info.signal === 'traffic') return before !== undefined && (now ?? 0) < before / 2;
  if (info.signal === 'throttling') return (now ?? 0) >= throttledShare;
  if (info.signal === 'saturation') return (shareOf(info.unit, now) ?? 0) >= fullShare;
  return info.signal !== 'other';
}

/** What got worse on the alert's own services. */
function worse(file: CaseFile): string[] {
  return file.readings
    .filter((reading) => isBad(reading) && file.below.get(reading.service ?? '') === 0)
    .toSorted((a, b) => b.score - a.score)
    .slice(0, 3)
    .map((reading) => `the reason for ${describeReading(reading)}`);
}

/** A service by the names that metrics know it by. */
function namesOf(file: CaseFile, service: string): string[] {
  const { snapshot, view, readings } = file;
  const [workload] = entityOf(snapshot, service, view.services).workloads;
  if (workload === undefined) return [service];
  const known = new Set(readings.flatMap((reading) => reading.service ?? []));
  return [service, serviceOfWorkload(snapshot, workload.ref, view.services, known)];
}

/** What a database, cache or queue has, that tells how it is: it has no users of its own who feel anything. */
const storeMeans: ReadonlySet<Reading['measure']> = new Set([
  'cpu',
  'memory',
  'disk-space',
  'disk-io',
  'connections',
  'lag',
  'locks',
  'cache',
  'queue',
]);
const fewestMeans = 3;

/** True where the alerts are about a store of which several means are measured, now as before. */
function isMeasuredStore(file: CaseFile): boolean {
  const store = resourceOfAlerts(file);
  if (store === undefined) return false;
  const known = readingsOfResource(file, store).filter(
    ({ measure, before, now }) => storeMeans.has(measure) && before !== undefined && now !== undefined,
  );
  return new Set(known.map(({ measure }) => measure)).size >= fewestMeans;
}

/**
 * True for an alert about what a service uses (its CPU, its memory, its disk), where just that is measured, now as before:
 * whether it is bad is told by `worse`.
 */
function isMeasuredMeans({ readings, below }: CaseFile, alert: Alert): boolean {
  if (isFeltAlertOf(alert)) return false;
  const name = [alert.labels.alertname, alert.labels.metric].join(' ');
  const { measure } = meaningOfName(name);
  if (!storeMeans.has(measure)) return false;
  return readings.some(
    (reading) =>
      reading.measure === measure &&
      below.get(reading.service ?? '') === 0 &&
      reading.before !== undefined &&
      reading.now !== undefined,
  );
}

const signalsOf: Readonly<Record<Symptom, readonly Reading['info']['signal'][]>> = {
  errors: ['errors', 'availability'],
  latency: ['latency'],
};

/** What an alert says that users feel, and that was measured before and is no more: that all else is calm does not answer it. */
function silentSymptoms(own: readonly Reading[], alert: Alert): Symptom[] {
  return symptomsOf(alert).filter((symptom) => {
    const told = own.filter(({ info }) => signalsOf[symptom].includes(info.signal));
    return told.some(({ before }) => before !== undefined) && told.every(({ now }) => now === undefined);
  });
}

/** What of an alert's subject was not looked at, or was not found well; empty where all of it is well. */
function doubtsAbout(file: CaseFile, alert: Alert): string[] {
  const { view, snapshot, readings, subject } = file;
  const target = targetOfAlert(alert.labels, view.services, view.clusters);
  const object =
    objectOfLabels(alert.labels, target) ?? (view.alerts.length === 1 ? subject.objects[0] : undefined);
  const service = target.service ?? (view.alerts.length === 1 ? subject.services[0] : undefined);
  const name = alert.labels.alertname ?? 'the alert';
  const standing = object === undefined ? [] : standingOf(snapshot, object, alert);
  const doubts = standing.filter(({ ok }) => !ok).map((check) => `${check.name}: ${check.detail}`);
  if (doubts.length > 0 || (standing.length > 0 && !isFeltAlertOf(alert))) return doubts;
  if (isMeasuredStore(file) || isMeasuredMeans(file, alert)) return [];
  if (service === undefined) return [`${name}: it names nothing that could be looked at`];
  const names = namesOf(file, service);
  const own = readings.filter((reading) => reading.service !== undefined && names.includes(reading.service));
  const measured = own.some(isMeasured);
  const silent = silentSymptoms(own, alert);
  if (silent.length > 0) return silent.map((symptom) => `metrics: ${symptom} of ${service} are told no more`);
  return measured ? [] : [`metrics: what users feel of ${service} could not be measured`];
}

/** An alert that has ended: the objects around it were seen, and something of what it named. */
function sawAround({ subject, readings, below }: CaseFile): boolean {
  const measured = readings.some(
    (reading) => reading.service !== undefined && below.has(reading.service) && isMeasured(reading),
  );
  return measured || subject.objects.length > 0 || subject.services.length === 0;
}

/** Of a system without Kubernetes its signals tell: that nothing was read of pods is no doubt where they were looked at. */
function isMeasuredAlone({ snapshot, subject, readings, below }: CaseFile): boolean {
  return (
    snapshot.kindsRead.size === 0 &&
    subject.objects.length === 0 &&
    readings.some(({ service }) => service !== undefined && below.get(service) === 0)
  );
}

/** What a forecast warns of cannot be seen yet: that all is well now is no answer to it. */
function forecastsOf(alerts: readonly Alert[]): string[] {
  const isForecast = countingAlerts(alerts).some(
    ({ labels }) => labels.alertname === patrolAlertNames.forecast,
  );
  return isForecast ? ['the forecast: what it warns of has not come yet'] : [];
}

/** Why it cannot be said that nothing is wrong; empty where it can. */
export function doubtsOfHealth(file: CaseFile): string[] {
  const { snapshot, subject, view } = file;
  const unread =
    ['pods', 'deployments'].some((kind) => !snapshot.kindsRead.has(kind)) && !isMeasuredAlone(file);
  const unasked = unaskedServices(file).map(
    (service) => `traffic: ${service} is asked no more, so nothing can fail there`,
  );
  const rule = firingRule(file);
  const met =
    rule === undefined ? [] : [`the rule ${rule} is met still, and nothing that was read shows why`];
  const always = [
    ...unasked,
    ...met,
    ...(unread ? ['kubernetes: pods and workloads could not be read'] : []),
  ];
  if (!subject.firing)
    return sawAround(file) ? always : [...always, 'nothing of what the alert names could be looked at'];
  const rules = unknownRules(file);
  return [
    ...always,
    ...(rules === undefined
      ? []
      : [`monitors: whether the alert's rule is met still is not known (${rules})`]),
    ...worse(file),
    ...forecastsOf(view.alerts),
    ...new Set(countingAlerts(view.alerts).flatMap((alert) => doubtsAbout(file, alert))),
  ];
}
