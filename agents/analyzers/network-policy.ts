import { formatObject, objectKey } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import { configuredAddresses } from '../analysis/kubernetes/addresses.ts';
import type { NetworkPolicy, Service } from '../analysis/kubernetes/networking.ts';
import { workloadsSelected } from '../analysis/kubernetes/owners.ts';
import { lastEditedAt } from '../analysis/kubernetes/partial.ts';
import { portNumber } from '../analysis/kubernetes/pod-template.ts';
import { shutBy, shutFromNames } from '../analysis/kubernetes/reach.ts';
import { ingresses } from '../analysis/kubernetes/routing.ts';
import { clusterName, serviceAt } from '../analysis/kubernetes/service-names.ts';
import { longRunning, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { podLabels, type Workload, wantedReplicas } from '../analysis/kubernetes/workload.ts';
import { quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';
import { backendsOf } from './ingress.ts';

/** A call that workloads make, measured or configured. */
type Call = {
  readonly caller: Workload;
  readonly callee: Workload;
  /** Port of the callee's containers. */
  readonly port: number | undefined;
  readonly measured: boolean;
};

function measuredCalls(snapshot: Snapshot): Call[] {
  const byName = Map.groupBy(longRunning(snapshot), ({ ref }) => ref.name);
  return snapshot.edges.flatMap(({ from, to }) =>
    (byName.get(from) ?? []).flatMap((caller) =>
      (byName.get(to) ?? [])
        .filter((callee) => callee.ref.namespace === caller.ref.namespace)
        .map((callee) => ({ caller, callee, port: undefined, measured: true })),
    ),
  );
}

function containerPort(service: Service, callee: Workload, port: number | undefined): number | undefined {
  const found = (service.spec?.ports ?? []).find((one) => one.port === port);
  const target = found?.targetPort ?? found?.port;
  return (callee.spec?.template?.spec?.containers ?? [])
    .map((container) => portNumber(container, target))
    .find((number) => number !== undefined);
}

function configuredCalls(snapshot: Snapshot): Call[] {
  return configuredAddresses(snapshot).flatMap(({ workload: caller, host, port }) => {
    const meant = clusterName(snapshot, caller.ref.namespace, host);
    const service = meant === undefined ? undefined : serviceAt(snapshot, meant.namespace, meant.name);
    if (service === undefined) return [];
    return workloadsSelected(snapshot, service.ref.namespace, service.spec?.selector ?? {})
      .filter((callee) => callee !== caller)
      .map((callee) => ({ caller, callee, port: containerPort(service, callee, port), measured: false }));
  });
}

/** What well-known controllers of ingresses call themselves in their labels. */
const controllers =
  /^(ingress-nginx|nginx-ingress|nginx-ingress-controller|traefik|haproxy-ingress|kubernetes-ingress|contour|kong|ingress-kong|ambassador|emissary-ingress|istio-ingressgateway|router-default)$/;
const nameKeys = ['app.kubernetes.io/name', 'app', 'k8s-app', 'app.kubernetes.io/part-of'];

function isIngressController(workload: Workload): boolean {
  const { labels } = workload;
  return nameKeys.some((key) => controllers.test(labels[key] ?? podLabels(workload)[key] ?? ''));
}

/** Calls that come from outside through an ingress: its controller's pods make them. */
function ingressCalls(snapshot: Snapshot): Call[] {
  const [caller, ...others] = longRunning(snapshot).filter(isIngressController);
  // Which of several serves an ingress is not looked for: a policy may well shut out the others.
  if (caller === undefined || others.length > 0) return [];
  return ingresses(snapshot).flatMap((one) =>
    backendsOf(one).flatMap(({ name, port }) => {
      const service = serviceAt(snapshot, one.ref.namespace, name);
      const number =
        typeof port === 'number' ? port : service?.spec?.ports.find((named) => named.name === port)?.port;
      return workloadsSelected(snapshot, one.ref.namespace, service?.spec?.selector ?? {}).map((callee) => ({
        caller,
        callee,
        port: service === undefined ? undefined : containerPort(service, callee, number),
        measured: false,
      }));
    }),
  );
}

function findingFor(
  policy: NetworkPolicy,
  told: Pick<Finding, 'severity' | 'message' | 'through' | 'certainty'>,
): Finding {
  const since = lastEditedAt(policy.raw) ?? policy.createdAt;
  return {
    object: policy.ref,
    code: 'network.policy-blocked',
    evidence: quoteField(policy, '.metadata.name', policy.ref.name, 0.5),
    consequence: false,
    ...(since === undefined ? {} : { since }),
    ...told,
  };
}

const newsSeconds = 24 * 3600;

/** An old policy and an address that nobody uses any more go together; one that has come lately, or at an unknown time, may hurt. */
function isNews(snapshot: Snapshot, policy: NetworkPolicy): boolean {
  const since = lastEditedAt(policy.raw) ?? policy.createdAt;
  return since === undefined || secondsBetween(since, snapshot.asOf) < newsSeconds;
}

function isAtWork(workload: Workload): boolean {
  return !workload.terminating && wantedReplicas(workload) !== 0;
}

function blockedCalls(snapshot: Snapshot): Finding[] {
  // A call that is configured as well is known by its port.
  const calls = new Map(
    [...measuredCalls(snapshot), ...configuredCalls(snapshot), ...ingressCalls(snapshot)]
      .filter(({ caller, callee }) => isAtWork(caller) && isAtWork(callee))
      .map((call) => [`${objectKey(call.caller.ref)}>${objectKey(call.callee.ref)}`, call]),
  );
  return [...calls.values()].flatMap((call) =>
    (['Ingress', 'Egress'] as const).flatMap((direction) => {
      const { caller, callee, measured, port } = call;
      // What one policy allows no other takes away: where all of them together do not allow it, the latest is the news.
      const [policy] = shutBy(snapshot, call, direction).toSorted((a, b) => bornMs(b) - bornMs(a));
      if (policy === undefined) return [];
      const at = port === undefined ? '' : ` at port ${port}`;
      return [
        findingFor(policy, {
          severity: measured || isNews(snapshot, policy) ? 'error' : 'warning',
          message: `${formatObject(policy.ref)} lets no traffic from ${formatObject(caller.ref)} to ${formatObject(callee.ref)}${at}`,
          through: direction === 'Ingress' ? [callee.ref, caller.ref] : [caller.ref, callee.ref],
          certainty: measured ? 0.8 : 0.75,
        }),
      ];
    }),
  );
}

function bornMs(policy: NetworkPolicy): number {
  return Date.parse(lastEditedAt(policy.raw) ?? policy.createdAt ?? '') || 0;
}

/** Workloads that call others by name and may not ask what address that is. */
function blockedNames(snapshot: Snapshot): Finding[] {
  const byName = new Map(
    configuredAddresses(snapshot)
      .filter(({ host, workload }) => /[a-z]/.test(host) && host !== 'localhost' && isAtWork(workload))
      .map(({ workload, host }) => [objectKey(workload.ref), { workload, host }]),
  );
  return [...byName.values()].flatMap(({ workload, host }) =>
    shutFromNames(snapshot, workload)
      .slice(0, 1)
      .map((policy) =>
        findingFor(policy, {
          severity: isNews(snapshot, policy) ? 'error' : 'warning',
          message: `${formatObject(policy.ref)} keeps ${formatObject(workload.ref)} from asking name servers (port 53), and it calls ${host} by name`,
          through: [workload.ref],
          certainty: 0.8,
        }),
      ),
  );
}

/** Policies that shut out a caller that call edges or environments know of, or keep somebody from resolving names. */
export const networkPolicy = defineAnalyzer({
  name: 'network-policy',
  kind: 'NetworkPolicy',
  analyze: (snapshot) =>
    snapshot.networkPolicies.length === 0 ? [] : [...blockedCalls(snapshot), ...blockedNames(snapshot)],
});
