import type { ObjectRef } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import type { KubernetesEvent } from '#domain/tools/kubernetes.ts';
import { podsOf } from '../analysis/kubernetes/owners.ts';
import { timeOf } from '../analysis/kubernetes/partial.ts';
import { type ContainerStatus, isReady, type Pod } from '../analysis/kubernetes/pod.ts';
import {
  type Container,
  type Probe,
  type ProbeKind,
  portNumber,
  probeKinds,
  probeTarget,
} from '../analysis/kubernetes/pod-template.ts';
import { currentRevision, formerRevision, revisionsOf } from '../analysis/kubernetes/revisions.ts';
import type { Snapshot, Sourced } from '../analysis/kubernetes/snapshot.ts';
import { selects, type Workload } from '../analysis/kubernetes/workload.ts';
import { type ListeningPort, listeningPort } from '../analysis/listening-ports.ts';
import { logCauseOf, tellingLine } from '../analysis/log-causes.ts';
import { linesOf } from './crash.ts';

/** What is wrong with a probe that fails, if it is the probe that is wrong. */

export type ProbeCase = {
  readonly snapshot: Snapshot;
  readonly pod: Pod;
  readonly object: ObjectRef;
  readonly workload: Workload | undefined;
  readonly container: Container;
  readonly status: ContainerStatus | undefined;
  readonly kind: ProbeKind;
  readonly probe: Probe;
  readonly failure: Sourced<KubernetesEvent> | undefined;
  /** Other probes of the container that were met with failures lately. */
  readonly failing: ReadonlySet<ProbeKind>;
};

/** Ports that are known to be the container's own, the surest first: declared, sent to by a Service, asked by other probes. */
export function realPorts({ snapshot, pod, container, kind }: ProbeCase): number[] {
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

function portIn(containers: readonly Container[], name: string, kind: ProbeKind): number | undefined {
  const same = containers.find((container) => container.name === name);
  const probe = same?.[kind];
  return same === undefined || probe === undefined ? undefined : portNumber(same, probeTarget(probe)?.port);
}

/** Where the probe asked in the revision before the probes or ports were changed. */
export function formerPort({ snapshot, workload, container, kind }: ProbeCase): number | undefined {
  const former =
    workload === undefined ? undefined : formerRevision(snapshot, workload, ['probes', 'ports'])?.former;
  return portIn(former?.template.spec?.containers ?? [], container.name, kind);
}

/** Long after its birth a pod's readiness changes only if it was ready before. */
const bornSeconds = 60;

function wasReady(pod: Pod): boolean {
  if (isReady(pod) === true) return true;
  const condition = pod.status?.conditions.find(({ type }) => type === 'Ready');
  const changed = timeOf(condition?.lastTransitionTime);
  return (
    condition?.status === 'False' &&
    changed !== undefined &&
    pod.createdAt !== undefined &&
    secondsBetween(pod.createdAt, changed) > bornSeconds
  );
}

const templateHashes = ['pod-template-hash', 'controller-revision-hash'] as const;

/** True where the container got past the probe: readiness shows in the pod, the others in that it lived on without a restart. */
function passed({ snapshot, container, kind, probe }: ProbeCase, mate: Pod): boolean {
  if (kind === 'readinessProbe') return wasReady(mate);
  const status = mate.status?.containerStatuses.find(({ name }) => name === container.name);
  const since = timeOf(status?.state?.running?.startedAt);
  if (kind === 'startupProbe') return status?.started === true;
  const tried =
    (probe.initialDelaySeconds ?? 0) + (probe.failureThreshold ?? 3) * (probe.periodSeconds ?? 10);
  return (
    status?.restartCount === 0 && since !== undefined && secondsBetween(since, snapshot.asOf) > 2 * tried
  );
}

/** True where a pod of the very same template has passed this probe: it asks where it should. */
function isProven(probeCase: ProbeCase): boolean {
  const { snapshot, workload, pod } = probeCase;
  const mates = workload === undefined ? [pod] : podsOf(snapshot, workload);
  return mates.some(
    (mate) =>
      templateHashes.every((hash) => mate.labels[hash] === pod.labels[hash]) && passed(probeCase, mate),
  );
}

/** True where a former revision asked at the same port. */
function askedSoBefore(
  { snapshot, workload, container, kind }: ProbeCase,
  port: number | undefined,
): boolean {
  const revisions = workload === undefined ? [] : revisionsOf(snapshot, workload);
  const current = currentRevision(revisions)?.revision ?? 0;
  return revisions.some(
    ({ revision, template }) =>
      revision < current && portIn(template.spec?.containers ?? [], container.name, kind) === port,
  );
}

/** Another probe has had its time, asks at another port and does not fail: the application is up, and not here. */
function isUpElsewhere({ snapshot, pod, container, kind, failing }: ProbeCase, port: number): boolean {
  const age = pod.createdAt === undefined ? 0 : secondsBetween(pod.createdAt, snapshot.asOf);
  return probeKinds.some((other) => {
    const probe = container[other];
    const asked = probe === undefined ? undefined : portNumber(container, probeTarget(probe)?.port);
    const tried = (probe?.initialDelaySeconds ?? 0) + 2 * (probe?.periodSeconds ?? 10);
    return other !== kind && asked !== undefined && asked !== port && !failing.has(other) && age > tried;
  });
}

/** Where the container itself says that it listens. */
export function heardPorts({ snapshot, pod, container }: ProbeCase): ListeningPort[] {
  return linesOf(snapshot, pod, container.name).flatMap(({ message }) => listeningPort(message) ?? []);
}

/**
 * How surely nothing listens where the probe asks. That no container declares the port says nothing by itself: a name that
 * none has does, a port that a rollout changed, and an application that answers at another one.
 */
function wrongPort(probeCase: ProbeCase): number | undefined {
  const { container, probe, failure } = probeCase;
  const target = probeTarget(probe);
  const port = portNumber(container, target?.port);
  const told = failure !== undefined;
  if (typeof target?.port === 'string' && port === undefined) return told ? 0.95 : 0.7;
  if (port === undefined || isProven(probeCase)) return undefined;
  const heard = heardPorts(probeCase);
  if (heard.some((one) => one.port === port)) return undefined;
  if (heard.length > 0 && told) return 0.88;
  const real = realPorts(probeCase);
  const elsewhere = real.length > 0 && !real.includes(port);
  const former = formerPort(probeCase);
  if (former !== undefined && former !== port) return !elsewhere ? 0.85 : told ? 0.95 : 0.7;
  if (!elsewhere || !told || askedSoBefore(probeCase, port)) return undefined;
  return isUpElsewhere(probeCase, port) ? 0.9 : undefined;
}

const securePorts = new Set([443, 6443, 8443, 9443]);
const plainRefused = /HTTP request to an HTTPS server|plain HTTP request was sent to HTTPS/i;

/** Asked in plain HTTP, servers of TLS answer that this is a bad request. */
function isPlainToSecure({ snapshot, pod, container, probe, failure }: ProbeCase): boolean {
  if (!/statuscode: 400/.test(failure?.message ?? '') || probe.httpGet === undefined) return false;
  if (probe.httpGet.scheme?.toUpperCase() === 'HTTPS') return false;
  const port = portNumber(container, probe.httpGet.port);
  const told = linesOf(snapshot, pod, container.name).some(({ message }) => plainRefused.test(message));
  return told || (port !== undefined && securePorts.has(port));
}

/** What most programs need to start in, and what a kubelet takes to end one that does not end by itself. */
const startSeconds = 30;
const endSeconds = 35;

/**
 * True where the kubelet ends the container before most programs could have started: the probe gives it half a minute at the
 * most, its last run lasted no longer, and nothing that it wrote tells of another reason.
 */
function isHasty({ snapshot, pod, container, status, kind, probe }: ProbeCase): boolean {
  const end = status?.lastState?.terminated;
  const [from, to] = [timeOf(end?.startedAt), timeOf(end?.finishedAt)];
  const given =
    (probe.initialDelaySeconds ?? 0) + (probe.failureThreshold ?? 3) * (probe.periodSeconds ?? 10);
  if (kind === 'readinessProbe' || from === undefined || to === undefined || given > startSeconds)
    return false;
  const line = tellingLine(linesOf(snapshot, pod, container.name));
  const other = line !== undefined && logCauseOf(line.message) !== undefined;
  return secondsBetween(from, to) <= given + endSeconds && (status?.restartCount ?? 0) > 1 && !other;
}

/** What a probe's own words say is wrong with it; undefined where they may be about a port or the application. */
export function faultSaid(said: string): 'protocol' | 'path' | 'command' | undefined {
  if (/executable file .*not found|exec: .*no such file or directory/i.test(said)) return 'command';
  if (
    /malformed HTTP|HTTP response to HTTPS|tls:|first record does not look|unimplemented|unknown service|error reading server preface|http2:|gRPC/i.test(
      said,
    )
  )
    return 'protocol';
  return /statuscode: 40[0-9]/i.test(said) ? 'path' : undefined;
}

/** What is wrong with the probe, from what it met; undefined where the probe is fine and the application is not. */
export function faultOf(probeCase: ProbeCase): readonly [string, number] | undefined {
  const said = probeCase.failure?.message ?? '';
  if (
    /connection refused|couldn't find|no port|invalid syntax/i.test(said) ||
    probeCase.failure === undefined
  ) {
    const sure = wrongPort(probeCase);
    if (sure !== undefined) return ['port', sure];
    return isHasty(probeCase) ? ['timing', 0.6] : undefined;
  }
  const told = faultSaid(said);
  if (told === 'path' && isPlainToSecure(probeCase)) return ['protocol', 0.85];
  if (told !== undefined) return [told, 0.85];
  if (/deadline exceeded|timeout|timed out/i.test(said))
    return wrongPort(probeCase) === undefined ? ['timing', 0.6] : ['port', 0.8];
  return undefined;
}
