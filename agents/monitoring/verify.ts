import type { AgentView, Verification } from '#domain/agent-turn.ts';
import type { ToolCall } from '#domain/evidence.ts';
import { type ObjectRef, objectKey } from '#domain/object-ref.ts';
import { plusSeconds, secondsBetween } from '#domain/time.ts';
import { alertmanagerListAlerts } from '#domain/tools/alertmanager.ts';
import { kubernetesListEvents, kubernetesListObjects } from '#domain/tools/kubernetes.ts';
import { metricsWindow } from '#domain/tools/prometheus.ts';
import { type Snapshot, snapshotOf } from '../analysis/kubernetes/snapshot.ts';
import { badDirection, feltSignals } from '../analysis/signal-kinds.ts';
import type { Reading } from '../analysis/signals.ts';
import { analyze } from '../analyzers/registry.ts';
import { answersOf } from '../answers.ts';
import { ask } from '../ask.ts';
import type { TaskRules } from '../define-agent.ts';
import { describeReading } from '../diagnosis/readings.ts';
import { callGraphOf, readingsOf, signalContracts, signalQuestions } from '../signal-questions.ts';
import { type Subject, subjectOf } from '../subject.ts';
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
/** Something new must last this long before it is called worse: rollouts pass through bad states. */
const worseAfterSeconds = 15;

/** The objects that were acted on; without a plan, those that the alerts name. */
function targetsOf(view: AgentView, subject: Subject): ObjectRef[] {
  const { plan } = view.findings;
  const targets = plan === undefined ? subject.objects : plan.steps.map(({ object }) => object);
  return [...new Map(targets.map((object) => [objectKey(object), object])).values()];
}

/** The service that was mended counts beside those of the alerts. */
function widened(view: AgentView, subject: Subject): Subject {
  const mended = view.findings.plan?.service;
  return mended === undefined
    ? subject
    : { ...subject, services: [...new Set([mended, ...subject.services])] };
}

function needs(view: AgentView): ToolCall[] {
  const subject = subjectOf(view);
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
    ...signalQuestions(view, widened(view, subject)),
  ];
}

/** A silence hides an alert and mends nothing: a suppressed one is still there. */
function alertCheck(view: AgentView): Check {
  const name = 'the alert';
  if (view.alerts.every(({ status }) => status === 'resolved'))
    return { name, ok: true, detail: 'it has ended' };
  const answers = answersOf(view, alertmanagerListAlerts);
  if (answers.length === 0) return { name, ok: false, detail: 'Alertmanager could not be asked' };
  const still = new Set(answers.at(-1)?.output.items.map(({ fingerprint }) => fingerprint));
  const firing = view.alerts.filter(({ fingerprint }) => still.has(fingerprint));
  if (firing.length > 0)
    return {
      name,
      ok: false,
      detail: `${firing.map(({ labels }) => labels.alertname ?? 'it').join(', ')} still fires`,
    };
  const own = view.incident.source === 'alertmanager';
  return { name, ok: true, detail: own ? 'it no longer fires' : 'it is none that Alertmanager knows' };
}

function isJudged(reading: Reading, services: ReadonlySet<string>): boolean {
  const { info, service, measuredBy } = reading;
  const ours =
    (service !== undefined && services.has(service)) ||
    (measuredBy !== undefined && services.has(measuredBy));
  const gone = info.signal === 'traffic' && reading.now === undefined;
  return ours && (gone || (feltSignals.has(info.signal) && badDirection(info) !== 'either'));
}

function signalChecks(view: AgentView, subject: Subject): Check[] {
  const graph = callGraphOf(view);
  const services = new Set([
    ...subject.services,
    ...subject.services.flatMap((service) => graph.callersOf(service)),
  ]);
  const judged = readingsOf(view, subject).filter((reading) => isJudged(reading, services));
  const asked = view.evidence.filter(({ call }) => call.tool === metricsWindow.name);
  const name = 'the signals';
  if (judged.length === 0) {
    const failed =
      asked.some(({ error }) => error !== undefined) ||
      view.evidence.some(({ call, error }) => call.server === metricsWindow.server && error !== undefined);
    return failed ? [{ name, ok: false, detail: 'the metrics could not be read' }] : [];
  }
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
    alertCheck(view),
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
