import type { CauseCode } from '#domain/causes/codes.ts';
import { formatObject } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import type { KubernetesEvent } from '#domain/tools/kubernetes.ts';
import { controllerRef, servingPods, workloadAt } from '../analysis/kubernetes/owners.ts';
import { isReady, type Pod } from '../analysis/kubernetes/pod.ts';
import {
  type Container,
  type ProbeKind,
  portNumber,
  probeKinds,
  probeTarget,
} from '../analysis/kubernetes/pod-template.ts';
import { eventsOf, type Snapshot, type Sourced } from '../analysis/kubernetes/snapshot.ts';
import type { Workload } from '../analysis/kubernetes/workload.ts';
import { listeningPort } from '../analysis/listening-ports.ts';
import { quoteEvent, quoteField, quoteLogLine } from '../analysis/quoting.ts';
import { linesOf } from './crash.ts';
import { defineAnalyzer, type Finding, type FixHint } from './define-analyzer.ts';
import { faultOf, formerPort, heardPorts, type ProbeCase, realPorts } from './probe-fault.ts';
import { moreTime, rightHandler, rightPort } from './probe-fix.ts';

type ProbeName = 'liveness' | 'readiness' | 'startup';
const probeNames: Readonly<Record<ProbeKind, ProbeName>> = {
  livenessProbe: 'liveness',
  readinessProbe: 'readiness',
  startupProbe: 'startup',
};

/** A probe that was met with this within the last minutes counts as failing now. */
const freshSeconds = 300;

const probeCodes: Readonly<Record<string, CauseCode>> = Object.fromEntries(
  (['liveness', 'readiness', 'startup'] as const).flatMap((name) =>
    (['port', 'protocol', 'path', 'timing'] as const).map(
      (what) => [`${name}-${what}`, `probe.${name}-${what}`] as const,
    ),
  ),
);

/** What would put it right, by what is wrong with it. */
function hintOf(probeCase: ProbeCase, what: string | undefined): FixHint {
  if (what === 'port')
    return rightPort(
      probeCase,
      formerPort(probeCase) ?? heardPorts(probeCase)[0]?.port ?? realPorts(probeCase)[0],
    );
  if (what === 'protocol' || what === 'path') return rightHandler(probeCase);
  if (what === 'timing') return moreTime(probeCase);
  return { facets: ['probes', 'ports', 'image', 'environment'] };
}

/** It listens where it is asked, for its own machine alone: a setting of the program, and no probe's. */
function loopbackFinding(probeCase: ProbeCase, failure: Sourced<KubernetesEvent>): Finding | undefined {
  const { snapshot, pod, object, container, probe } = probeCase;
  const port = portNumber(container, probeTarget(probe)?.port);
  const heard = heardPorts(probeCase).filter((one) => one.port === port);
  const inward = heard.length > 0 && heard.every((one) => one.loopback);
  if (!inward || !/connection refused/i.test(failure.message)) return undefined;
  const line = linesOf(snapshot, pod, container.name).find(({ message }) => listeningPort(message)?.loopback);
  return {
    object,
    code: 'config.value-invalid',
    severity: 'error',
    message: `${formatObject(pod.ref)}: container ${container.name} listens at port ${port} for itself alone (loopback): nobody else reaches it`,
    evidence: [...quoteLogLine(line, 0.7), ...quoteEvent(failure, 0.6)],
    certainty: 0.88,
    consequence: false,
    ...(failure.firstAt === undefined ? {} : { since: failure.firstAt }),
    through: [pod.ref],
    fixHint: { facets: ['environment', 'command', 'image'] },
  };
}

function findingOf(probeCase: ProbeCase): Finding[] {
  const { pod, object, container, status, kind, probe, failure } = probeCase;
  const name = probeNames[kind];
  const fault = faultOf(probeCase);
  const inward =
    fault === undefined && failure !== undefined ? loopbackFinding(probeCase, failure) : undefined;
  if (inward !== undefined) return [inward];
  const code: CauseCode = probeCodes[`${name}-${fault?.[0]}`] ?? 'probe.other';
  const since =
    pod.createdAt !== undefined && status?.restartCount === 0
      ? (failure?.firstAt ?? pod.createdAt)
      : failure?.firstAt;
  const port = probeTarget(probe)?.port;
  const evidence = [
    ...quoteEvent(failure, 0.7),
    ...quoteField(pod, `.spec.containers[${container.name}].${kind}.…port`, port, 0.3),
    ...quoteField(
      pod,
      `.spec.containers[${container.name}].ports[].containerPort`,
      container.ports[0]?.containerPort,
      0.2,
    ),
  ];
  if (evidence.length === 0) return [];
  return [
    {
      object,
      code,
      severity: fault === undefined ? 'warning' : 'error',
      message: `${formatObject(pod.ref)}: the ${name} probe of container ${container.name} fails${port === undefined ? '' : ` at port ${port}`}`,
      evidence,
      certainty: fault?.[1] ?? 0.45,
      // An application that answers its probe with "not now" has its reasons elsewhere.
      consequence: fault === undefined,
      ...(since === undefined ? {} : { since }),
      through: [pod.ref],
      fixHint: hintOf(probeCase, fault?.[0]),
    },
  ];
}

function failureOf(snapshot: Snapshot, pod: Pod, name: ProbeName): Sourced<KubernetesEvent> | undefined {
  return eventsOf(snapshot, pod.ref).find(
    (event) =>
      event.reason === 'Unhealthy' &&
      event.message.toLowerCase().startsWith(`${name} probe`) &&
      (event.lastAt === undefined || secondsBetween(event.lastAt, snapshot.asOf) < freshSeconds),
  );
}

/** Long enough that a healthy application would have become ready. */
const patienceSeconds = 30;

function isSuspect(probeCase: ProbeCase): boolean {
  const { pod, status, kind, failure, snapshot } = probeCase;
  const running = status?.state?.running !== undefined;
  const age = pod.createdAt === undefined ? patienceSeconds : secondsBetween(pod.createdAt, snapshot.asOf);
  if (kind === 'readinessProbe') {
    return (
      isReady(pod) === false &&
      status?.ready === false &&
      running &&
      (failure !== undefined || age >= patienceSeconds)
    );
  }
  if (failure === undefined) return false;
  const killed = eventsOf(snapshot, pod.ref).some(
    ({ reason, message }) => reason === 'Killing' && /failed (liveness|startup) probe/.test(message),
  );
  return killed || (status?.restartCount ?? 0) > 0 || isReady(pod) === false;
}

/** The pod's containers as their template has them: what was put into the pod beside them is somebody else's. */
function containersOf(pod: Pod, workload: Workload | undefined): readonly Container[] {
  const own = workload?.spec?.template?.spec?.containers ?? [];
  const present = pod.spec?.containers ?? [];
  return own.length === 0 ? present : own.filter(({ name }) => present.some((other) => other.name === name));
}

function probesOf(snapshot: Snapshot, pod: Pod): ProbeCase[] {
  const object = controllerRef(snapshot, pod);
  const workload = workloadAt(snapshot, object);
  const failures = new Map(probeKinds.map((kind) => [kind, failureOf(snapshot, pod, probeNames[kind])]));
  const failing = new Set(probeKinds.filter((kind) => failures.get(kind) !== undefined));
  return containersOf(pod, workload).flatMap((container) =>
    probeKinds.flatMap((kind) => {
      const probe = container[kind];
      if (probe === undefined) return [];
      const status = pod.status?.containerStatuses.find(({ name }) => name === container.name);
      const failure = failures.get(kind);
      return [{ snapshot, pod, object, workload, container, status, kind, probe, failure, failing }];
    }),
  );
}

/** Probes that ask at the wrong place or in the wrong way, and those that an application fails for reasons of its own. */
export const podProbes = defineAnalyzer({
  name: 'pod-probes',
  kind: 'Pod',
  analyze: (snapshot) =>
    servingPods(snapshot)
      .flatMap((pod) => probesOf(snapshot, pod))
      .filter(isSuspect)
      .flatMap(findingOf),
});
