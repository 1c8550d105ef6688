import { pointer } from '#domain/actions/json-patch.ts';
import { formatObject } from '#domain/object-ref.ts';
import type { Service } from '../analysis/kubernetes/networking.ts';
import { podsOf, workloadsSelected } from '../analysis/kubernetes/owners.ts';
import { isBirth, lastEditedAt } from '../analysis/kubernetes/partial.ts';
import { isLive, isReady } from '../analysis/kubernetes/pod.ts';
import { type Container, portNumber } from '../analysis/kubernetes/pod-template.ts';
import { longRunning, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { podLabels, selects, type Workload, wantedReplicas } from '../analysis/kubernetes/workload.ts';
import { quoteField } from '../analysis/quoting.ts';
import { changesOf } from '../analysis/recorded-changes.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';
import { type MeantSelector, rightSelector, selectorOperations } from './service-selector.ts';

type Selector = Readonly<Record<string, string>>;

/** When somebody last changed it after it was made, as far as that was recorded. */
function editedAt(service: Service, snapshot: Snapshot): string | undefined {
  const change = changesOf(snapshot.changes, service.ref, ['config']).find(
    ({ at }) => !isBirth(at, service.createdAt),
  );
  return change?.at ?? lastEditedAt(service.raw);
}

/** A selector that asks for less than before takes in more pods: only an edit that was seen is taken back so. */
function isNarrowed(selector: Selector, meant: Selector): boolean {
  return Object.keys(selector).some((key) => meant[key] === undefined);
}

/**
 * True where enough is known to change the selector: somebody changed it lately, or it was applied otherwise. Where changes
 * could not be read, its namesake among the workloads is enough to correct a value.
 */
function isWorthAStep(snapshot: Snapshot, service: Service, meant: MeantSelector): boolean {
  if (meant.applied || editedAt(service, snapshot) !== undefined) return true;
  const narrowed = isNarrowed(service.spec?.selector ?? {}, meant.selector);
  return !snapshot.changesRead && !narrowed && meant.certainty >= 0.9;
}

/** Since when it is as it is: its last write, be it the one that made it. */
function sinceOf(service: Service, snapshot: Snapshot): { since?: string } {
  const [change] = changesOf(snapshot.changes, service.ref, ['config']);
  const since = change?.at ?? lastEditedAt(service.raw);
  return since === undefined ? {} : { since };
}

function pairsOf(selector: Selector): string {
  return Object.entries(selector)
    .map((pair) => pair.join('='))
    .join(',');
}

/** Selects no pod, or another workload's pods, although the pods that it is meant for are there. */
function selectorMismatch(snapshot: Snapshot, service: Service): Finding[] {
  const selector = service.spec?.selector ?? {};
  const meant = rightSelector(snapshot, service);
  if (meant === undefined) return [];
  const operations = selectorOperations(selector, meant.selector);
  const [key, value] = Object.entries(selector).find(([name, own]) => meant.selector[name] !== own) ?? [];
  const wrong = `${key}=${value}`;
  const right = pairsOf(meant.selector);
  const worthAStep = isWorthAStep(snapshot, service, meant);
  return [
    {
      object: service.ref,
      code: 'service.selector-mismatch',
      severity: 'error',
      message: `${formatObject(service.ref)} selects ${wrong}, but the pods of ${formatObject(meant.workload.ref)} carry ${right}`,
      evidence: [
        ...quoteField(service, `.spec.selector.${key}`, value, 0.7),
        ...quoteField(
          meant.workload,
          `.spec.template.metadata.labels.${key}`,
          key === undefined ? undefined : podLabels(meant.workload)[key],
          0.5,
        ),
        ...quoteField(service, '.metadata.name', service.ref.name, 0.2),
      ],
      certainty: worthAStep ? meant.certainty : Math.min(meant.certainty, 0.75),
      consequence: false,
      ...sinceOf(service, snapshot),
      ...(worthAStep
        ? {
            fixHint: {
              steps: [
                {
                  action: 'patch',
                  object: service.ref,
                  arguments: { operations },
                  why: `the selector takes in the pods of ${formatObject(meant.workload.ref)} again`,
                  undo: `set the selector back to ${pairsOf(selector)}`,
                },
              ],
            },
          }
        : {}),
    },
  ];
}

/** Containers of a workload's template, and those that its pods were given beside them. */
function containersOf(snapshot: Snapshot, workload: Workload): Container[] {
  return [
    ...(workload.spec?.template?.spec?.containers ?? []),
    ...podsOf(snapshot, workload).flatMap(({ spec }) => spec?.containers ?? []),
  ];
}

/**
 * How much it says that no container declares a port. Declaring one is a courtesy, so a number says nothing unless the
 * Service was changed lately; a name that no container has leads nowhere.
 */
function weightOfPort(
  snapshot: Snapshot,
  service: Service,
  named: boolean,
): Pick<Finding, 'severity' | 'certainty'> & { readonly worthAStep: boolean } {
  if (named) return { severity: 'error', certainty: 0.95, worthAStep: true };
  if (editedAt(service, snapshot) !== undefined)
    return { severity: 'error', certainty: 0.8, worthAStep: true };
  return { severity: snapshot.changesRead ? 'info' : 'warning', certainty: 0.8, worthAStep: false };
}

/** Sends to a port that no container of its pods has. */
function targetPortMismatch(snapshot: Snapshot, service: Service): Finding[] {
  const [workload] = workloadsSelected(snapshot, service.ref.namespace, service.spec?.selector ?? {});
  const containers = workload === undefined ? [] : containersOf(snapshot, workload);
  const declared = containers.flatMap(({ ports }) => ports);
  if (workload === undefined || declared.length === 0) return [];
  return (service.spec?.ports ?? []).flatMap((port, index): Finding[] => {
    const target = port.targetPort ?? port.port;
    const number = containers
      .map((container) => portNumber(container, target))
      .find((found) => found !== undefined);
    const there = declared.some(
      ({ containerPort, protocol }) =>
        containerPort === number && (protocol ?? 'TCP') === (port.protocol ?? 'TCP'),
    );
    const sameNumber = declared.find(({ containerPort }) => containerPort === number);
    if (there) return [];
    const wrongProtocol = sameNumber !== undefined;
    const numbers = new Set(declared.map(({ containerPort }) => containerPort));
    const right =
      sameNumber ??
      (numbers.size === 1
        ? declared[0]
        : declared.find(({ name }) => name !== undefined && name === port.name));
    const value = wrongProtocol ? (right?.protocol ?? 'TCP') : right?.containerPort;
    const field = wrongProtocol ? 'protocol' : 'targetPort';
    const op = port[field] === undefined ? 'add' : 'replace';
    const { worthAStep, ...weight } = weightOfPort(snapshot, service, number === undefined);
    const step = {
      action: 'patch',
      object: service.ref,
      arguments: { operations: [{ op, path: pointer('spec', 'ports', index, field), value }] },
      why: `the containers have ${value}`,
      undo: `set ${field} back to ${port[field] ?? 'nothing'}`,
    };
    const have = declared.map(
      ({ containerPort, protocol }) => `${containerPort ?? '?'}/${protocol ?? 'TCP'}`,
    );
    return [
      {
        object: service.ref,
        code: wrongProtocol ? 'service.protocol-mismatch' : 'service.target-port-mismatch',
        ...weight,
        message: `${formatObject(service.ref)} sends to ${target ?? '?'}/${port.protocol ?? 'TCP'}, but the containers of ${formatObject(workload.ref)} have ${[...new Set(have)].join(', ')}`,
        evidence: [
          ...quoteField(service, `.spec.ports[${index}].${field}`, port[field] ?? port.port, 0.6),
          ...quoteField(
            workload,
            '.spec.template.spec.containers[].ports[].containerPort',
            declared[0]?.containerPort,
            0.4,
          ),
        ],
        consequence: false,
        ...sinceOf(service, snapshot),
        ...(value === undefined || !worthAStep ? {} : { fixHint: { steps: [step] } }),
      },
    ];
  });
}

/** Nobody is behind it, and not for the selector's sake: its pods are not ready, or there are none. */
function noReadyEndpoints(snapshot: Snapshot, service: Service): Finding[] {
  const selector = service.spec?.selector ?? {};
  const pods = snapshot.pods.filter(
    (pod) => pod.ref.namespace === service.ref.namespace && isLive(pod) && selects(selector, pod.labels),
  );
  const workloads = workloadsSelected(snapshot, service.ref.namespace, selector);
  const wantsNone = workloads.length > 0 && workloads.every((workload) => wantedReplicas(workload) === 0);
  const slices = snapshot.endpoints.filter(
    ({ ref, service: name }) => name === service.ref.name && ref.namespace === service.ref.namespace,
  );
  const known = slices.length > 0 || pods.length > 0 || wantsNone;
  const ready =
    slices.length > 0
      ? slices.some(({ readyCount }) => readyCount > 0)
      : pods.some((pod) => isReady(pod) !== false);
  if (!known || ready || Object.keys(selector).length === 0) return [];
  return [
    {
      object: service.ref,
      code: 'service.no-ready-endpoints',
      severity: 'warning',
      message: `${formatObject(service.ref)} has no ready endpoint (${pods.length} pods, none ready)`,
      evidence: quoteField(service, '.metadata.name', service.ref.name, 0.3),
      certainty: 0.5,
      consequence: true,
      through: workloads.map(({ ref }) => ref),
    },
  ];
}

function analyzeService(snapshot: Snapshot, service: Service): Finding[] {
  const selector = service.spec?.selector;
  const workloadsKnown = longRunning(snapshot).length > 0 || snapshot.pods.length > 0;
  if (service.terminating || selector === undefined || Object.keys(selector).length === 0 || !workloadsKnown)
    return [];
  const mismatch = selectorMismatch(snapshot, service);
  return mismatch.length > 0
    ? mismatch
    : [...targetPortMismatch(snapshot, service), ...noReadyEndpoints(snapshot, service)];
}

/** Services that lead nowhere, or to somebody else. */
export const service = defineAnalyzer({
  name: 'service',
  kind: 'Service',
  analyze: (snapshot) => snapshot.services.flatMap((candidate) => analyzeService(snapshot, candidate)),
});
