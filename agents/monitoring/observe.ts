import type { AgentView, Observation } from '#domain/agent-turn.ts';
import { alertmanagerListAlerts } from '#domain/tools/alertmanager.ts';
import { metricsTargets, monitorsList } from '#domain/tools/prometheus.ts';
import { movedSignal, type Reading } from '../analysis/signals.ts';
import { answersOf, gapsIn } from '../answers.ts';
import { ask } from '../ask.ts';
import type { TaskRules } from '../define-agent.ts';
import {
  callGraphOf,
  readingsOf,
  servicesLeftOut,
  signalContracts,
  signalQuestions,
} from '../signal-questions.ts';
import { type Subject, subjectOf } from '../subject.ts';
import { windowsAround } from '../windows.ts';

export const observeContracts = [
  ...signalContracts,
  alertmanagerListAlerts,
  monitorsList,
  metricsTargets,
] as const;

/** Most signals that are told; the farthest from their quiet time come first. */
const mostMoved = 60;

function otherAlerts(view: AgentView, subject: Subject): string[] {
  const own = new Set(view.alerts.map(({ fingerprint }) => fingerprint));
  const active = answersOf(view, alertmanagerListAlerts)
    .flatMap(({ output }) => output.items)
    .filter(
      ({ fingerprint, labels }) =>
        !own.has(fingerprint) &&
        (subject.namespace === undefined || (labels.namespace ?? subject.namespace) === subject.namespace),
    )
    .map(
      ({ labels, startsAt }) =>
        `${labels.alertname ?? 'alert'} on ${labels.service ?? labels.deployment ?? labels.pod ?? labels.namespace ?? 'something'} since ${startsAt}`,
    );
  return [...new Set(active)].slice(0, 30);
}

function leftOut(view: AgentView, subject: Subject): string[] {
  const count = servicesLeftOut(callGraphOf(view), subject.services);
  return count === 0 ? [] : [`metrics: ${count} more services around were not looked at`];
}

/** Targets that cannot be scraped, of the alert's namespace: others are another incident's. */
function downTargets(view: AgentView, { namespace }: Subject): string[] {
  return answersOf(view, metricsTargets)
    .flatMap(({ output }) => output.items)
    .filter(
      ({ health, emitter }) =>
        health === 'down' && (namespace === undefined || (emitter.namespace ?? namespace) === namespace),
    )
    .map(
      ({ job, emitter, lastError }) =>
        `metrics: target ${emitter.pod ?? emitter.service ?? job} cannot be scraped${lastError === undefined ? '' : ` (${lastError})`}`,
    )
    .slice(0, 20);
}

function calmServices(readings: readonly Reading[]): string[] {
  const byService = Map.groupBy(readings, ({ service }) => service ?? '');
  return [...byService]
    .filter(([service, own]) => service !== '' && own.every(({ moved }) => !moved))
    .map(([service]) => service);
}

function silence(subject: Subject, readings: readonly Reading[]): string[] {
  return subject.services
    .filter((service) => !readings.some((reading) => reading.service === service))
    .map((service) => `metrics: nothing speaks of ${service}`);
}

function judge(view: AgentView): Observation {
  const subject = subjectOf(view);
  const { from, quietTo, to } = windowsAround(subject.startsAt, view.asOf);
  const readings = readingsOf(view, subject);
  const moved = readings
    .filter((reading) => reading.moved)
    .toSorted((a, b) => Math.abs(b.score) - Math.abs(a.score))
    .flatMap((reading) => movedSignal(reading) ?? []);
  return {
    quietFrom: from,
    quietTo,
    windowFrom: quietTo,
    windowTo: to,
    moved: moved.slice(0, mostMoved),
    calm: calmServices(readings),
    otherAlerts: otherAlerts(view, subject),
    gaps: [
      ...gapsIn(view, observeContracts),
      ...silence(subject, readings),
      ...leftOut(view, subject),
      ...downTargets(view, subject),
    ],
  };
}

/** What moved around the alert, since when and how far. */
export const observe: TaskRules<'observe'> = {
  needs: (view) => {
    const subject = subjectOf(view);
    const { cluster } = subject;
    return [
      ...signalQuestions(view, subject),
      ask(alertmanagerListAlerts, {}, 'what else is firing'),
      ask(monitorsList, { cluster }, 'which rules are well'),
      ask(metricsTargets, {}, 'whether silence means anything'),
    ];
  },
  judge,
};
