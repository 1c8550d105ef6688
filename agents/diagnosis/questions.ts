import type { AgentView } from '#domain/agent-turn.ts';
import type { ToolCall } from '#domain/evidence.ts';
import { plusSeconds, secondsBetween, toMs } from '#domain/time.ts';
import { changesList } from '#domain/tools/changes.ts';
import { cloudEvents, cloudInsights, cloudResources } from '#domain/tools/cloud.ts';
import { coverageList } from '#domain/tools/context.ts';
import type { Emitter } from '#domain/tools/emitter.ts';
import { hostUnits } from '#domain/tools/hosts.ts';
import {
  kubernetesListEvents,
  kubernetesListObjects,
  kubernetesListRevisions,
} from '#domain/tools/kubernetes.ts';
import { logsPatterns, logsWindow } from '#domain/tools/logs.ts';
import { probeResults } from '#domain/tools/probes.ts';
import { monitorsList } from '#domain/tools/prometheus.ts';
import { tracesWindow } from '#domain/tools/traces.ts';
import { entityOf } from '../analysis/kubernetes/entities.ts';
import { isLive, isReady, type Pod } from '../analysis/kubernetes/pod.ts';
import { isCrashing } from '../analyzers/crash.ts';
import { answersOf } from '../answers.ts';
import { ask } from '../ask.ts';
import { signalContracts, signalQuestions } from '../signal-questions.ts';
import { type Subject, subjectOf } from '../subject.ts';
import { type CaseFile, openCase } from './case-file.ts';
import { suspectServices } from './suspects.ts';
import { traceQuestions } from './trace-evidence.ts';

export const diagnosisContracts = [
  kubernetesListObjects,
  kubernetesListEvents,
  kubernetesListRevisions,
  changesList,
  logsWindow,
  logsPatterns,
  monitorsList,
  ...signalContracts,
] as const;

/** Asked where they are connected; where they are not, nobody expects them. */
export const optionalContracts = [
  tracesWindow,
  hostUnits,
  probeResults,
  cloudResources,
  cloudEvents,
  cloudInsights,
  coverageList,
  tracesWindow,
] as const;

/** Kinds that carry what runs, and the way to it; those of which there are many come last, should the list be cut. */
const runningKinds = [
  'deployments',
  'statefulsets',
  'daemonsets',
  'services',
  'endpointslices',
  'replicasets',
  'pods',
];
/** Kinds that what runs depends on. */
const dependedKinds = [
  'configmaps',
  'horizontalpodautoscalers',
  'networkpolicies',
  'jobs',
  'persistentvolumeclaims',
];

/** Kinds that rule what may be made and what is reached. */
const rulingKinds = [
  'serviceaccounts',
  'resourcequotas',
  'limitranges',
  'ingresses',
  'cronjobs',
  'poddisruptionbudgets',
  'roles',
  'rolebindings',
];
/** What the whole cluster stands on. */
const clusterKinds = ['nodes', 'namespaces', 'persistentvolumes', 'storageclasses'];
/** Kinds that are kept in a record of a cluster and seldom matter; and where the cluster's own parts run. */
const recordedKinds = [
  // Of a live system nobody is asked for them: whoever only reads may not, and values would travel.
  'secrets',
  'endpoints',
  'gateways',
  'gatewayclasses',
  'httproutes',
  'ingressclasses',
  'clusterroles',
  'clusterrolebindings',
  'validatingwebhookconfigurations',
  'mutatingwebhookconfigurations',
];
/** Kinds that others have brought into the cluster, and that a record holds where they are used. */
const broughtKinds = [
  'referencegrants',
  'grpcroutes',
  'routes',
  'certificates',
  'issuers',
  'clusterissuers',
  'challenges',
  'scaledobjects',
  'rollouts',
  'apiservices',
  'clusterserviceversions',
  'subscriptions',
  'installplans',
  'catalogsources',
  'operatorgroups',
];
const systemNamespace = 'kube-system';
const systemKinds = ['pods', 'leases', 'deployments', 'daemonsets', 'services', 'endpoints', 'configmaps'];

const changeLookBackSeconds = 7200;
const mostPods = 6;
const mostWorkloads = 6;

/** Namespaces to read: the alert's, and those that the catalogue knows its services in. Empty: all must be read. */
function namespacesOf(view: AgentView, subject: Subject): string[] {
  const listed = view.services
    .filter(({ cluster, service }) => cluster === subject.cluster && subject.services.includes(service))
    .flatMap(({ namespace }) => namespace ?? []);
  return [...new Set([...subject.namespaces, ...listed])];
}

function objectQuestions(view: AgentView, subject: Subject): ToolCall[] {
  const { cluster } = subject;
  const namespaces = namespacesOf(view, subject);
  const since = plusSeconds(subject.startsAt, -changeLookBackSeconds);
  const places: readonly (string | undefined)[] = namespaces.length > 0 ? namespaces : [undefined];
  return [
    ...places.flatMap((namespace) => [
      ask(kubernetesListObjects, { cluster, namespace, kinds: runningKinds }, 'what runs, and the way to it'),
      ask(kubernetesListObjects, { cluster, namespace, kinds: dependedKinds }, 'what it depends on'),
      ask(kubernetesListObjects, { cluster, namespace, kinds: rulingKinds }, 'what it may do'),
      ask(kubernetesListEvents, { cluster, namespace, since }, 'what the cluster says'),
      ask(changesList, { cluster, namespace, from: since, to: view.asOf }, 'what changed'),
    ]),
    ask(kubernetesListObjects, { cluster, kinds: clusterKinds }, 'how the nodes are'),
    ...recordQuestions(view, subject),
    ask(monitorsList, { cluster }, 'which rules are well'),
    ...namespaces.map((namespace) =>
      ask(kubernetesListRevisions, { cluster, namespace }, 'which revisions there are'),
    ),
  ];
}

/** Of a record all can be asked: it is there, and asking costs nothing. */
function recordQuestions({ scope }: AgentView, { cluster }: Subject): ToolCall[] {
  if (scope?.recorded !== true) return [];
  return [
    ask(kubernetesListObjects, { cluster, kinds: recordedKinds }, 'what else was recorded'),
    ask(kubernetesListObjects, { cluster, kinds: broughtKinds }, 'what others have brought into it'),
    ask(
      kubernetesListObjects,
      { cluster, namespace: systemNamespace, kinds: systemKinds },
      "how the cluster's own parts are",
    ),
  ];
}

/** Hosts and active checks, where they can be asked. */
function surroundingQuestions({ asOf }: AgentView, { cluster, startsAt }: Subject): ToolCall[] {
  const from = plusSeconds(startsAt, -changeLookBackSeconds);
  return [
    ask(hostUnits, { cluster }, 'whether system services of the hosts run'),
    ask(probeResults, { cluster }, 'what answers'),
    ask(cloudResources, { cluster }, 'how the cloud resources are'),
    ask(cloudEvents, { cluster, from, to: asOf }, 'what the cloud says'),
    ask(cloudInsights, { cluster }, 'what databases wait for'),
    ask(coverageList, { cluster }, 'what was watched when'),
  ];
}

function needsWords(file: CaseFile, pod: Pod): boolean {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  return (
    isLive(pod) &&
    (statuses.some((status) => isCrashing(status, file.snapshot)) ||
      (isReady(pod) === false && statuses.some(({ state }) => state?.running !== undefined)))
  );
}

/** The last words of containers that end or do not get ready: of the run before and of this one. */
function podLogQuestions(file: CaseFile): ToolCall[] {
  const { snapshot, subject } = file;
  const distance = (pod: Pod) => file.below.get(file.serviceOf(pod.ref) ?? '') ?? 99;
  return snapshot.pods
    .filter((pod) => needsWords(file, pod))
    .toSorted(
      (a, b) =>
        distance(a) - distance(b) ||
        toMs(b.createdAt ?? snapshot.asOf) - toMs(a.createdAt ?? snapshot.asOf) ||
        (a.ref.name < b.ref.name ? -1 : 1),
    )
    .slice(0, mostPods)
    .flatMap(({ ref }) => {
      const where = {
        cluster: subject.cluster,
        emitter: { namespace: ref.namespace, pod: ref.name },
        tailLines: 60,
      };
      return [
        ask(logsWindow, { ...where, previous: true }, `last words of ${ref.name} before its restart`),
        ask(logsWindow, where, `what ${ref.name} says`),
      ];
    });
}

function patternQuestion(view: AgentView, subject: Subject, emitter: Emitter, why: string): ToolCall {
  const from = plusSeconds(subject.startsAt, -120);
  const length = Math.max(60, secondsBetween(from, view.asOf));
  const baselineTo = plusSeconds(from, -300);
  return ask(
    logsPatterns,
    {
      cluster: subject.cluster,
      emitter,
      from,
      to: view.asOf,
      baselineFrom: plusSeconds(baselineTo, -length),
      baselineTo,
      minLevel: 'warning',
    },
    why,
  );
}

/** Of what was recorded for an investigation, every log. */
function scopePatternQuestions(view: AgentView, subject: Subject): ToolCall[] {
  if (view.scope?.recorded !== true) return [];
  const { namespaces } = subject;
  const places: readonly Emitter[] =
    namespaces.length === 0 ? [{}] : namespaces.map((namespace) => ({ namespace }));
  const why = 'what is said now that was not said before';
  return places.map((emitter) => patternQuestion(view, subject, emitter, why));
}

/** What suspects say now that they did not say before. */
function patternQuestions(file: CaseFile): ToolCall[] {
  const { subject, snapshot, view } = file;
  if (view.scope?.recorded === true) return [];
  const services = [...new Set([...suspectServices(file).keys(), ...subject.services])];
  const workloads = services.flatMap((service) =>
    entityOf(snapshot, service, view.services).workloads.map(({ ref }) => ref),
  );
  return workloads
    .slice(0, mostWorkloads)
    .map(({ namespace, name }) =>
      patternQuestion(
        view,
        subject,
        { namespace, workload: name },
        `what ${name} says now that it did not say before`,
      ),
    );
}

/** Where objects were read that carry what runs; undefined stands for everywhere. */
function placesRead({ view, subject }: CaseFile): Set<string | undefined> {
  const places = answersOf(view, kubernetesListObjects)
    .filter(({ input }) => input.cluster === subject.cluster && input.kinds.includes('deployments'))
    .map(({ input }) => input.namespace);
  return new Set(places);
}

/**
 * Services in trouble of which nothing was seen where the alert's are: first, whether another namespace has a Service of the
 * name; then, where just one does, what runs there.
 */
function elsewhereQuestions(file: CaseFile): ToolCall[] {
  const { snapshot, subject, view } = file;
  const { cluster } = subject;
  const read = placesRead(file);
  if (read.has(undefined)) return [];
  const unseen = [...suspectServices(file).keys()].filter(
    (service) => entityOf(snapshot, service, view.services).workloads.length === 0,
  );
  const homes = unseen.flatMap((service) => {
    const spaces = entityOf(snapshot, service, view.services).services.map(({ ref }) => ref.namespace);
    return new Set(spaces).size === 1 && !read.has(spaces[0]) ? spaces : [];
  });
  const since = plusSeconds(subject.startsAt, -changeLookBackSeconds);
  return [
    ...(unseen.length === 0
      ? []
      : [ask(kubernetesListObjects, { cluster, kinds: ['services'] }, `where ${unseen.join(', ')} may be`)]),
    ...[...new Set(homes)]
      .filter((namespace) => namespace !== undefined)
      .flatMap((namespace) => [
        ask(kubernetesListObjects, { cluster, namespace, kinds: runningKinds }, 'what runs there'),
        ask(kubernetesListObjects, { cluster, namespace, kinds: dependedKinds }, 'what it depends on'),
        ask(kubernetesListEvents, { cluster, namespace, since }, 'what the cluster says there'),
        ask(kubernetesListRevisions, { cluster, namespace }, 'which revisions there are'),
      ]),
  ];
}

/** Revisions of namespaces that only came to light with the objects, and the older form of endpoints where slices are not served. */
function followUps(file: CaseFile): ToolCall[] {
  const { subject, snapshot, view } = file;
  const { cluster } = subject;
  const found = subject.services.flatMap((service) =>
    entityOf(snapshot, service, view.services).workloads.flatMap(({ ref }) => ref.namespace ?? []),
  );
  const namespaces = [...new Set(found)].filter(
    (namespace) => !namespacesOf(view, subject).includes(namespace),
  );
  const older = snapshot.kindsRead.has('services') && !snapshot.kindsRead.has('endpointslices');
  return [
    ...namespaces.map((namespace) =>
      ask(kubernetesListRevisions, { cluster, namespace }, 'which revisions there are'),
    ),
    ...(older
      ? [
          ask(
            kubernetesListObjects,
            { cluster, namespace: subject.namespace, kinds: ['endpoints'] },
            'who is behind the services',
          ),
        ]
      : []),
  ];
}

/** Everything that would help to tell the cause; what needs a first look at objects comes in a later round. */
export function questions(view: AgentView): ToolCall[] {
  if (view.findings.triage?.isTest === true) return [];
  const subject = subjectOf(view);
  const first = [
    ...objectQuestions(view, subject),
    ...surroundingQuestions(view, subject),
    ...scopePatternQuestions(view, subject),
    ...signalQuestions(view, subject),
    ...traceQuestions(view, subject),
  ];
  const file = openCase(view);
  if (file.snapshot.kindsRead.size === 0) return first;
  return [
    ...first,
    ...followUps(file),
    ...elsewhereQuestions(file),
    ...podLogQuestions(file),
    ...patternQuestions(file),
  ];
}
