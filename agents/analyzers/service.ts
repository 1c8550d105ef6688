import { formatObject } from '#domain/object-ref.ts';
import type { Service } from '../analysis/kubernetes/networking.ts';
import { podsSelected, workloadsSelected } from '../analysis/kubernetes/owners.ts';
import { isLive, isReady } from '../analysis/kubernetes/pod.ts';
import { longRunning, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { podLabels, wantedReplicas } from '../analysis/kubernetes/workload.ts';
import { quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';
import { editedAt, sinceOf } from './service-edits.ts';
import { targetPortFindings } from './service-ports.ts';
import { type MeantSelector, rightSelector, selectorOperations } from './service-selector.ts';

type Selector = Readonly<Record<string, string>>;

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

/** Nobody is behind it, and not for the selector's sake: its pods are not ready, or there are none. */
function noReadyEndpoints(snapshot: Snapshot, service: Service): Finding[] {
  const selector = service.spec?.selector ?? {};
  const pods = podsSelected(snapshot, service.ref.namespace, selector).filter(isLive);
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
    : [...targetPortFindings(snapshot, service), ...noReadyEndpoints(snapshot, service)];
}

/** Services that lead nowhere, or to somebody else. */
export const service = defineAnalyzer({
  name: 'service',
  kind: 'Service',
  analyze: (snapshot) => snapshot.services.flatMap((candidate) => analyzeService(snapshot, candidate)),
});
