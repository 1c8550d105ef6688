import { UnderstudyError } from '#domain/errors.ts';
import type { Emitter } from '#domain/tools/emitter.ts';
import { nearestWords } from '../../kubernetes/did-you-mean.ts';
import { labelsFor, plainMatchers, podsOf, quote } from './labels.ts';

/** What a Loki holds: its labels, and the values of one among the streams that fit a selector. */
export type LokiCatalogue = {
  readonly labels: () => Promise<ReadonlySet<string>>;
  readonly values: (label: string, within: string) => Promise<readonly string[]>;
};

export type Selection = { readonly selector: string } | { readonly hint: string };

const braces = (matchers: readonly string[]): string => `{${matchers.join(', ')}}`;

/** By the cluster only where Loki tells clusters apart and knows this one: many ship the logs of one alone. */
async function clusterMatchers(
  catalogue: LokiCatalogue,
  known: ReadonlySet<string>,
  cluster: string | undefined,
): Promise<string[]> {
  const [label] = labelsFor('cluster', known);
  if (label === undefined || cluster === undefined) return [];
  return (await catalogue.values(label, '')).includes(cluster) ? [`${label}=${quote(cluster)}`] : [];
}

type Named = { readonly concept: 'service' | 'workload'; readonly name: string };

/**
 * The matcher for a service or a workload: by the label that has it among its values here, else by the names of its pods,
 * else by Promtail's job, which is `namespace/name`.
 */
async function matcherFor(
  { concept, name }: Named,
  catalogue: LokiCatalogue,
  known: ReadonlySet<string>,
  others: readonly string[],
): Promise<{ readonly matcher: string } | { readonly values: readonly string[] }> {
  const within = others.length === 0 ? '' : braces(others);
  const candidates = labelsFor(concept, known);
  const [podLabel] = labelsFor('pod', known);
  const jobs = known.has('job') ? ['job'] : [];
  const asked = [...candidates, ...(podLabel === undefined ? [] : [podLabel]), ...jobs];
  const values = await Promise.all(asked.map((label) => catalogue.values(label, within)));
  const valuesOf = (label: string): readonly string[] => values[asked.indexOf(label)] ?? [];
  const exact = candidates.find((label) => valuesOf(label).includes(name));
  if (exact !== undefined) return { matcher: `${exact}=${quote(name)}` };
  const pods = podsOf(name);
  const isPod = new RegExp(`^(?:${pods})$`);
  if (podLabel !== undefined && valuesOf(podLabel).some((pod) => isPod.test(pod))) {
    return { matcher: `${podLabel}=~${quote(pods)}` };
  }
  const job = valuesOf('job').find((one) => one === name || one.endsWith(`/${name}`));
  if (job !== undefined) return { matcher: `job=${quote(job)}` };
  return { values: [...new Set(candidates.flatMap(valuesOf))] };
}

function unknownHint({ concept, name }: Named, values: readonly string[]): string {
  const near = nearestWords(name, values);
  const meant =
    near.length > 0 ? `did you mean ${near.join(', ')}` : `there are ${values.slice(0, 20).join(', ')}`;
  return `Loki has no ${concept} "${name}" here in this window; ${values.length === 0 ? 'it has no logs of this place at all' : meant}`;
}

/** The streams of an emitter, or a hint where there are none. Throws `bad-input` for one that names nobody. */
export async function selectorFor(
  emitter: Emitter,
  cluster: string | undefined,
  catalogue: LokiCatalogue,
): Promise<Selection> {
  const { service, workload, pod } = emitter;
  if ([emitter.namespace, service, workload, pod, emitter.node].every((field) => field === undefined)) {
    throw new UnderstudyError('bad-input', 'emitter: name a namespace, service, workload, pod or node');
  }
  const known = await catalogue.labels();
  if (known.size === 0) return { hint: 'Loki has no labels in this window: nothing was shipped to it' };
  const matchers = [...plainMatchers(emitter, known), ...(await clusterMatchers(catalogue, known, cluster))];
  const named: Named[] = [
    ...(service === undefined ? [] : [{ concept: 'service' as const, name: service }]),
    ...(workload === undefined ? [] : [{ concept: 'workload' as const, name: workload }]),
  ];
  for (const one of named) {
    const found = await matcherFor(one, catalogue, known, matchers);
    if ('matcher' in found) matchers.push(found.matcher);
    else return { hint: unknownHint(one, found.values) };
  }
  return { selector: braces(matchers) };
}
