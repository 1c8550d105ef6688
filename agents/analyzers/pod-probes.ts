import { pointer } from '#domain/actions/json-patch.ts';
import type { CauseCode } from '#domain/causes/codes.ts';
import { formatObject, type ObjectRef } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import type { KubernetesEvent } from '#domain/tools/kubernetes.ts';
import { controllerRef, servingPods, workloadAt } from '../analysis/kubernetes/owners.ts';
import { type ContainerStatus, isReady, type Pod } from '../analysis/kubernetes/pod.ts';
import {
  type Container,
  type Probe,
  type ProbeKind,
  portNumber,
  probeKinds,
  probeTarget,
} from '../analysis/kubernetes/pod-template.ts';
import { formerRevision } from '../analysis/kubernetes/revisions.ts';
import { eventsOf, type Snapshot, type Sourced } from '../analysis/kubernetes/snapshot.ts';
import { selects, type Workload } from '../analysis/kubernetes/workload.ts';
import { quoteEvent, quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding, type FixHint } from './define-analyzer.ts';

type ProbeName = 'liveness' | 'readiness' | 'startup';
const probeNames: Readonly<Record<ProbeKind, ProbeName>> = {
  livenessProbe: 'liveness',
  readinessProbe: 'readiness',
  startupProbe: 'startup',
};

/** A probe that was met with this within the last minutes counts as failing now. */
const freshSeconds = 300;

type ProbeCase = {
  readonly snapshot: Snapshot;
  readonly pod: Pod;
  readonly container: Container;
  readonly status: ContainerStatus | undefined;
  readonly kind: ProbeKind;
  readonly probe: Probe;
  readonly failure: Sourced<KubernetesEvent> | undefined;
};

/** Ports that are known to be the container's own, the surest first: declared, sent to by a Service, asked by other probes. */
function realPorts({ snapshot, pod, container, kind }: ProbeCase): number[] {
  const declared = container.ports.flatMap(({ containerPort }) => containerPort ?? []);
  const served = snapshot.services
    .filter(
      ({ ref, spec }) => ref.namespace === pod.ref.namespace && selects(spec?.selector ?? {}, pod.labels),
    )
    .flatMap(({ spec }) => spec?.ports ?? [])
    .flatMap(({ port, targetPort }) => portNumber(container, targetPort ?? port) ?? []);
  const probed = probeKinds
    .filter((other) => other !== kind)
    .flatMap((other) => {
      const probe = container[other];
      return (probe === undefined ? undefined : portNumber(container, probeTarget(probe)?.port)) ?? [];
    });
  return [...new Set([...declared, ...served, ...probed])];
}

function formerPort(
  snapshot: Snapshot,
  workload: Workload | undefined,
  container: string,
  kind: ProbeKind,
): number | undefined {
  const former =
    workload === undefined ? undefined : formerRevision(snapshot, workload, ['probes', 'ports'])?.former;
  const same = former?.template.spec?.containers.find(({ name }) => name === container);
  const probe = same?.[kind];
  return same === undefined || probe === undefined ? undefined : portNumber(same, probeTarget(probe)?.port);
}

/** What is wrong with the probe, from what it met; undefined where the probe is fine and the application is not. */
function faultOf(probeCase: ProbeCase, former: number | undefined): readonly [string, number] | undefined {
  const { container, probe, failure } = probeCase;
  const target = probeTarget(probe);
  const port = portNumber(container, target?.port);
  const real = realPorts(probeCase);
  const said = failure?.message ?? '';
  const unknownName = typeof target?.port === 'string' && port === undefined;
  const elsewhere = unknownName || (port !== undefined && real.length > 0 && !real.includes(port));
  const moved = former !== undefined && former !== port;
  if (/connection refused|couldn't find|no port/i.test(said) || failure === undefined) {
    if (elsewhere) return ['port', failure === undefined ? 0.7 : 0.95];
    return moved ? ['port', 0.85] : undefined;
  }
  if (
    /malformed HTTP|HTTP response to HTTPS|tls:|first record does not look|unimplemented|unknown service|error reading server preface|http2:|gRPC/i.test(
      said,
    )
  )
    return ['protocol', 0.85];
  if (/statuscode: 40[0-9]/i.test(said)) return ['path', 0.85];
  if (/deadline exceeded|timeout|timed out/i.test(said)) return elsewhere ? ['port', 0.8] : ['timing', 0.6];
  return undefined;
}

const probeCodes: Readonly<Record<string, CauseCode>> = Object.fromEntries(
  (['liveness', 'readiness', 'startup'] as const).flatMap((name) =>
    (['port', 'protocol', 'path', 'timing'] as const).map(
      (what) => [`${name}-${what}`, `probe.${name}-${what}`] as const,
    ),
  ),
);

function rightPort(probeCase: ProbeCase, object: ObjectRef, port: number | undefined): FixHint {
  const { snapshot, container, kind, probe } = probeCase;
  const target = probeTarget(probe);
  const template = workloadAt(snapshot, object)?.spec?.template;
  const index = template?.spec?.containers.findIndex(({ name }) => name === container.name) ?? -1;
  if (port === undefined || target === undefined || index < 0) return { facets: ['probes', 'ports'] };
  const path = pointer('spec', 'template', 'spec', 'containers', index, kind, target.field, 'port');
  return {
    facets: ['probes', 'ports'],
    steps: [
      {
        action: 'patch',
        object,
        arguments: { operations: [{ op: 'replace', path, value: port }] },
        why: `container ${container.name} listens on ${port}, not on ${target.port ?? 'the probed port'}`,
        undo: `set the ${kind} port back to ${target.port ?? 'what it was'}`,
      },
    ],
  };
}

function findingOf(probeCase: ProbeCase): Finding[] {
  const { snapshot, pod, container, status, kind, probe, failure } = probeCase;
  const object = controllerRef(snapshot, pod);
  const former = formerPort(snapshot, workloadAt(snapshot, object), container.name, kind);
  const name = probeNames[kind];
  const fault = faultOf(probeCase, former);
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
      fixHint:
        fault?.[0] === 'port'
          ? rightPort(probeCase, object, former ?? realPorts(probeCase)[0])
          : { facets: ['probes', 'ports', 'image', 'environment'] },
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

/** Probes that ask at the wrong place or in the wrong way, and those that an application fails for reasons of its own. */
export const podProbes = defineAnalyzer({
  name: 'pod-probes',
  kind: 'Pod',
  analyze: (snapshot) =>
    servingPods(snapshot).flatMap((pod) =>
      (pod.spec?.containers ?? []).flatMap((container) =>
        probeKinds.flatMap((kind) => {
          const probe = container[kind];
          if (probe === undefined) return [];
          const status = pod.status?.containerStatuses.find(({ name }) => name === container.name);
          const probeCase: ProbeCase = {
            snapshot,
            pod,
            container,
            status,
            kind,
            probe,
            failure: failureOf(snapshot, pod, probeNames[kind]),
          };
          return isSuspect(probeCase) ? findingOf(probeCase) : [];
        }),
      ),
    ),
});
