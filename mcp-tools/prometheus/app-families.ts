import { canonicalJson } from '#domain/hash.ts';
import type { Emitter } from '#domain/tools/emitter.ts';
import { edgeIn, isMeshServer } from './call-edges.ts';
import type { Labels } from './client.ts';
import { processMetrics, uselessMetrics } from './known-metrics.ts';
import { spellingIn, spellings, workloadOfPod } from './label-spellings.ts';
import { formOf, type MetricForm } from './metric-forms.ts';
import { isRefusal, outcomeLabels } from './outcomes.ts';
import type { PlanContext, Row } from './plan-context.ts';
import { workloadOfPodPrefix } from './series-recipes.ts';

/** Series of one metric family that speak of one emitter. */
export type Family = {
  readonly base: string;
  readonly identity: Labels;
  readonly forms: Set<MetricForm['form']>;
  readonly quantiles: Set<string>;
  readonly versions: Map<string, Labels>;
  outcomeLabel?: string;
  hasRefusals: boolean;
};

function labelsNamed(labels: Labels, names: readonly string[]): Labels {
  const chosen: Record<string, string> = {};
  for (const name of names) {
    const made = name.startsWith(workloadOfPodPrefix);
    const value = made ? workloadOfPod(labels[name.slice(workloadOfPodPrefix.length)] ?? '') : labels[name];
    if (value !== undefined && value !== '') chosen[name] = value;
  }
  return chosen;
}

/** The label that names the service: the one that says the name that was asked for, else the most telling. */
function serviceLabel(labels: Labels, asked: Emitter): string | undefined {
  const wanted = asked.service ?? asked.workload ?? asked.source;
  const said = spellings.service.find((name) => wanted !== undefined && labels[name] === wanted);
  return said ?? spellingIn(labels, 'service');
}

function present(...names: readonly (string | undefined)[]): string[] {
  return names.filter((name) => name !== undefined);
}

/** Labels that tell a callee in a mesh's own words. */
const meshServerLabels = [
  ...['cluster', 'reporter', 'destination_workload_namespace'],
  ...['destination_service_name', 'destination_workload'],
];

/** Labels that tell an application's series from those of others; undefined where nothing does. */
function identityLabels(metric: string, labels: Labels, asked: Emitter): string[] | undefined {
  if (isMeshServer(labels)) return meshServerLabels;
  const pod = spellingIn(labels, 'pod');
  const edge = edgeIn(metric, labels);
  const speaker =
    edge?.source ??
    serviceLabel(labels, asked) ??
    (pod === undefined ? undefined : `${workloadOfPodPrefix}${pod}`) ??
    (labels.job === undefined ? undefined : 'job');
  if (speaker === undefined) return undefined;
  return present(
    ...['cluster', 'reporter', spellingIn(labels, 'namespace'), speaker, edge?.destination],
    asked.pod === undefined ? undefined : pod,
    asked.container === undefined ? undefined : spellingIn(labels, 'container'),
    asked.node === undefined ? undefined : spellingIn(labels, 'node'),
    asked.version === undefined ? undefined : versionLabel(labels),
  );
}

export function versionLabel(labels: Labels): string | undefined {
  return isMeshServer(labels) ? 'destination_version' : spellingIn(labels, 'version');
}

function outcomeLabelIn(labels: Labels): string | undefined {
  return Object.keys(outcomeLabels).find((name) => (labels[name] ?? '') !== '');
}

function note(family: Family, labels: Labels, form: MetricForm['form'], names: readonly string[]): void {
  family.forms.add(form);
  if (labels.quantile !== undefined) family.quantiles.add(labels.quantile);
  const version = versionLabel(labels);
  const value = version === undefined ? undefined : labels[version];
  if (version !== undefined && value !== undefined) {
    family.versions.set(value, labelsNamed(labels, [...names, version]));
  }
  const outcome = outcomeLabelIn(labels);
  if (outcome === undefined) return;
  family.outcomeLabel ??= outcome;
  family.hasRefusals ||= isRefusal(outcome, labels[outcome] ?? '');
}

/** Gathers the rows of applications' metrics by family and by who they speak of. */
export function collectFamilies(rows: readonly Row[], context: PlanContext): Family[] {
  const families = new Map<string, Family>();
  for (const { name, labels } of rows) {
    const names = identityLabels(name, labels, context.asked);
    if (names === undefined || (uselessMetrics.test(name) && processMetrics[name] === undefined)) continue;
    const { base, form } = formOf(name, labels, context);
    const identity = labelsNamed(labels, names);
    const id = canonicalJson([base, identity]);
    const family = families.get(id) ?? {
      base,
      identity,
      forms: new Set(),
      quantiles: new Set(),
      versions: new Map(),
      hasRefusals: false,
    };
    families.set(id, family);
    note(family, labels, form, names);
  }
  return [...families.values()];
}
