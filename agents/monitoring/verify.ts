import type { AgentView, Verification } from '#domain/agent-turn.ts';
import type { Alert } from '#domain/alert.ts';
import type { ToolCall } from '#domain/evidence.ts';
import { type ObjectRef, objectKey, sameObject } from '#domain/object-ref.ts';
import { plusSeconds, secondsBetween } from '#domain/time.ts';
import { alertmanagerListAlerts } from '#domain/tools/alertmanager.ts';
import { kubernetesListEvents, kubernetesListObjects } from '#domain/tools/kubernetes.ts';
import { metricsWindow } from '#domain/tools/prometheus.ts';
import { type Snapshot, snapshotOf } from '../analysis/kubernetes/snapshot.ts';
import { badDirection, feltSignals } from '../analysis/signal-kinds.ts';
import type { Reading } from '../analysis/signals.ts';
import { hopsFrom } from '../analysis/topology.ts';
import { analyze } from '../analyzers/registry.ts';
import { answersOf } from '../answers.ts';
import { ask } from '../ask.ts';
import type { TaskRules } from '../define-agent.ts';
import { describeReading } from '../diagnosis/readings.ts';
import { callGraphOf, readingsOf, signalContracts, signalQuestions } from '../signal-questions.ts';
import { objectOfLabels, type Subject, subjectOf, targetOfAlert } from '../subject.ts';
import { isBackInRange } from './back-in-range.ts';
import { type Check, errorsOn, objectChecks } from './object-checks.ts';

export const verifyContracts = [
  kubernetesListObjects,
  kubernetesListEvents,
  alertmanagerListAlerts,
  ...signalContracts,
] as const;

const kinds = [
  'pods',
  'deployments',
  'replicasets',
  'statefulsets',
  'daemonsets',
  'services',
  'endpointslices',
  'configmaps',
];
/** Calls from a service that was mended up to whoever suffers from it. */
const callerHops = 6;
/** Something new must last this long before it is called worse: rollouts pass through bad states. */
const worseAfterSeconds = 15;

/** The object that was to be mended and those that were acted on; without a plan, those that the alerts name. */
function targetsOf(view: AgentView, subject: Subject): ObjectRef[] {
  const { plan } = view.findings;
  const targets = plan === undefined ? subject.objects : [plan.object, ...plan.steps.map((s) => s.object)];
  return [...new Map(targets.map((object) => [objectKey(object), object])).values()];
}

/**
 * True for a service that can suffer from what was to be mended: the service itself and whoever calls it, by way of others
 * too. What calls are not known of may suffer as well.
 */
function maySuffer(view: AgentView, service: string): boolean {
  const mended = view.findings.plan?.service;
  const graph = callGraphOf(view);
  if (mended === undefined || service === mended) return true;
  if (![mended, service].every((name) => graph.services.has(name))) return true;
  return hopsFrom([mended], graph.callersOf, callerHops).has(service);
}

/** The service that was mended counts beside those of the alerts that can suffer from it, on the cluster of the plan. */
function widened(view: AgentView, subject: Subject): Subject {
  const { plan } = view.findings;
  if (plan === undefined) return subject;
  const suffering = subject.services.filter((service) => maySuffer(view, service));
  const services = [...new Set([plan.service, ...suffering].filter((name) => name !== undefined))];
  return { ...subject, cluster: plan.object.cluster, services };
}

/**
 * Alerts that a step can end. Two things may be wrong at once and be told in one incident: a step that mends one of them is
 * not judged by the alerts of the other, which then opens an incident of its own.
 */
function alertsOfStep(view: AgentView, targets: readonly ObjectRef[]): readonly Alert[] {
  if (view.findings.plan?.service === undefined) return view.alerts;
  const own = view.alerts.filter((alert) => {
    const target = targetOfAlert(alert.labels, view.services, view.clusters);
    const object = objectOfLabels(alert.labels, target);
    if (object !== undefined && targets.some((one) => sameObject(one, object))) return true;
    return target.service === undefined || maySuffer(view, target.service);
  });
  return own.length > 0 ? own : view.alerts;
}

function needs(view: AgentView): ToolCall[] {
  const subject = widened(view, subjectOf(view));
  const { cluster } = subject;
  const targets = targetsOf(view, subject);
  const namespaces = [...new Set([...targets.map(({ namespace }) => namespace), subject.namespace])].filter(
    (namespace) => namespace !== undefined,
  );
  const places: readonly (string | undefined)[] = namespaces.length > 0 ? namespaces : [undefined];
  const since = plusSeconds(view.actedAt ?? subject.startsAt, -60);
  return [
    ...places.flatMap((namespace) => [
      ask(kubernetesListObjects, { cluster, namespace, kinds }, 'how the objects are now'),
      ask(kubernetesListEvents, { cluster, namespace, since }, 'what the cluster says since'),
    ]),
    ...(targets.some(({ kind }) => kind === 'Node')
      ? [ask(kubernetesListObjects, { cluster, kinds: ['nodes'] }, 'how the nodes are now')]
      : []),
    ask(alertmanagerListAlerts, {}, 'whether the alert is over'),
    ...signalQuestions(view, subject),
  ];
}

/** A silence hides an alert and mends nothing: a suppressed one is still there. */
function alertCheck(view: AgentView, targets: readonly ObjectRef[]): Check {
  const name = 'the alert';
  const alerts = alertsOfStep(view, targets);
  if (alerts.every(({ status }) => status === 'resolved')) return { name, ok: true, detail: 'it has ended' };
  const answers = answersOf(view, alertmanagerListAlerts);
  if (answers.length === 0) return { name, ok: false, detail: 'Alertmanager could not be asked' };
  const listed = answers.at(-1)?.output;
  const still = new Set(listed?.items.map(({ fingerprint }) => fingerprint));
  const firing = alerts.filter(({ fingerprint }) => still.has(fingerprint));
  if (firing.length === 0 && listed?.truncated === true)
    return { name, ok: false, detail: 'Alertmanager has more alerts than could be read' };
  if (firing.length > 0)
    return {
      name,
      ok: false,
      detail: `${firing.map(({ labels }) => labels.alertname ?? 'it').join(', ')} still fires`,
    };
  const own = view.incident.source === 'alertmanager';
  return { name, ok: true, detail: own ? 'it no longer fires' : 'it is none that Alertmanager knows' };
}

function isJudged({ info }: Reading): boolean {
  return feltSignals.has(info.signal) && badDirection(info) !== 'either';
}

/** Traffic that is left, as a part of what there was, below which nobody can tell whether requests are well. */
const silentBelow = 0.05;

/**
 * Services that had requests before and have none now. Where nothing asks, nothing fails: that is the absence of a symptom,
 * not health. Pods and versions come and go, so that all that speaks of a service is taken together.
 */
function silentServices(readings: readonly Reading[]): string[] {
  const traffic = readings.filter(({ info }) => info.signal === 'traffic');
  const byService = Map.groupBy(traffic, ({ service }) => service ?? '');
  const sum = (values: readonly (number | undefined)[]): number =>
    values.reduce<number>((total, value) => total + (value ?? 0), 0);
  return [...byService]
    .filter(([, own]) => {
      const before = sum(own.map((reading) => reading.before));
      const now = sum(own.map((reading) => reading.now));
      return own.some((reading) => reading.before === undefined) ? now === 0 : now < before * silentBelow;
    })
    .map(([service]) => service);
}

function signalChecks(view: AgentView, subject: Subject): Check[] {
  const name = 'the signals';
  const graph = callGraphOf(view);
  const services = new Set([
    ...subject.services,
    ...subject.services.flatMap((service) => graph.callersOf(service)),
  ]);
  const isOurs = (service: string | undefined): boolean => service !== undefined && services.has(service);
  const readings = readingsOf(view, subject).filter(
    ({ service, measuredBy }) => isOurs(service) || isOurs(measuredBy),
  );
  const failed = view.evidence.some(
    ({ call, error }) => call.server === metricsWindow.server && error !== undefined,
  );
  if (failed) return [{ name, ok: false, detail: 'not all metrics could be read' }];
  const silent = silentServices(readings.filter(({ service }) => isOurs(service)));
  if (silent.length > 0)
    return [{ name, ok: false, detail: `no requests reach ${silent.join(', ')}: nobody can tell` }];
  const judged = readings.filter(isJudged);
  if (judged.length === 0) return [];
  const bad = judged.filter((reading) => !isBackInRange(reading)).toSorted((a, b) => b.score - a.score);
  const told = bad.slice(0, 3).map(describeReading).join('; ');
  const whom = [...new Set(judged.flatMap(({ service }) => service ?? []))].join(', ');
  return [
    {
      name,
      ok: bad.length === 0,
      detail:
        bad.length === 0 ? `${judged.length} of ${whom} are back in range` : `not back in range: ${told}`,
    },
  ];
}

/** A fault on the objects that was not there before the step and is not the one that was to be mended. */
function isWorse(view: AgentView, snapshot: Snapshot, targets: readonly ObjectRef[]): boolean {
  const { actedAt } = view;
  if (actedAt === undefined) return false;
  return errorsOn(analyze(snapshot), targets).some(
    ({ code, since }) =>
      code !== view.findings.plan?.cause &&
      since !== undefined &&
      secondsBetween(actedAt, since) >= 0 &&
      secondsBetween(since, view.asOf) >= worseAfterSeconds,
  );
}

function judge(view: AgentView): Verification {
  const subject = widened(view, subjectOf(view));
  const snapshot = snapshotOf(view, subject.cluster);
  const targets = targetsOf(view, subject);
  const checks = [
    ...objectChecks(snapshot, analyze(snapshot), targets),
    alertCheck(view, targets),
    ...signalChecks(view, subject),
  ];
  const failing = checks.filter(({ ok }) => !ok);
  const state = failing.length === 0 ? 'well' : isWorse(view, snapshot, targets) ? 'worse' : 'not-yet';
  const told = (failing.length === 0 ? checks : failing)
    .map(({ name, detail }) => `${name}: ${detail}`)
    .join('; ');
  return { state, checks, summary: told };
}

/** Whether a step helped: the object stands well, the alert is over, and the signals of the service and its callers are back. */
export const verify: TaskRules<'verify'> = { needs, judge };
