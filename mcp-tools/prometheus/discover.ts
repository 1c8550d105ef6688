import { errorCodeOf, UnderstudyError } from '#domain/errors.ts';
import type { Emitter } from '#domain/tools/emitter.ts';
import type { PrometheusCall } from './client.ts';
import { broadNames } from './known-metrics.ts';
import { labelValue, spellings, workloadOfPod } from './label-spellings.ts';
import { servicesOfWorkloads, serviceToldByPod } from './match-rows.ts';
import type { Memory } from './memory.ts';
import { outcomeLabels } from './outcomes.ts';
import type { PlanContext, Row } from './plan-context.ts';
import { literalPattern, type Matcher, oneOf, selector } from './promql.ts';

/** How far back a series counts as there: pods that are gone by now are what one is looking for. */
const lookBackSeconds = 900;

/** Labels that tell series apart, beside the spellings of who speaks. */
const otherLabels = [
  ...['__name__', 'cluster', 'job', 'instance', 'reporter', 'quantile', 'job_name', 'endpoint'],
  ...['reason', 'condition', 'phase', 'ready', 'fstype', 'mountpoint', 'device', 'persistentvolumeclaim'],
  ...['horizontalpodautoscaler', 'destination_workload_namespace', 'destination_version'],
];
const tellingLabels = [
  ...new Set([...otherLabels, ...Object.values(spellings).flat(), ...Object.keys(outcomeLabels)]),
];

/** Of some labels, the ones that Prometheus holds. */
type Held = (names: readonly string[]) => string[];
type Alternatives = readonly (readonly Matcher[])[];

const anyOf = (labels: readonly string[], operator: Matcher[1], value: string): Matcher[][] =>
  labels.map((label) => [[label, operator, value]]);

/** Selectors for a service: by its own labels, by the names of its pods, by its job. */
function forService(service: string, held: Held): Alternatives {
  const name = literalPattern(service);
  const mesh = held(['destination_service_name', 'destination_workload']);
  return [
    ...anyOf(
      [...held(spellings.service), ...held(spellings.podLabel), ...held(spellings.source), ...mesh],
      '=',
      service,
    ),
    ...anyOf(held(spellings.pod), '=~', `${name}(-.+)?`),
    ...anyOf(held(['endpoint', 'job_name']), '=', service),
    ...anyOf(held(['job']), '=~', `(.+/)?${name}`),
  ];
}

/** Selectors for one of the fields that are asked for, the most telling; the others are compared afterwards. */
function alternativesFor(asked: Emitter, held: Held): Alternatives {
  const { pod, node, container, destination, namespace } = asked;
  const service = asked.service ?? asked.workload ?? asked.source;
  if (pod !== undefined) return anyOf(held(spellings.pod), '=', pod);
  if (service !== undefined) return forService(service, held);
  if (destination !== undefined) {
    const address = `(\\w+://)?${literalPattern(destination)}([.:/].*)?`;
    return anyOf(held(spellings.destination), '=~', address);
  }
  if (node !== undefined) {
    const host = anyOf(held(['instance']), '=~', `${literalPattern(node)}(:\\d+)?`);
    return [...anyOf(held(spellings.node), '=', node), ...host];
  }
  if (container !== undefined) return anyOf(held(spellings.container), '=', container);
  const names: Matcher = ['__name__', '=~', broadNames.join('|')];
  if (namespace === undefined) {
    throw new UnderstudyError(
      'bad-input',
      'emitter: name a namespace, service, workload, pod or node; everything at once is too much to ask of a Prometheus',
    );
  }
  return [[names]];
}

/**
 * The same, of one namespace: a name such as "api" is used in many, and to load them all only to leave them out afterwards
 * is what a busy Prometheus cannot bear.
 */
function within(alternatives: Alternatives, { namespace }: Emitter, held: Held): Alternatives {
  const spaces = held([...spellings.namespace, 'destination_workload_namespace']);
  if (namespace === undefined || spaces.length === 0) return alternatives;
  return alternatives.flatMap((matchers) =>
    spaces.map((label): readonly Matcher[] => [...matchers, [label, '=', namespace]]),
  );
}

/** The label sets behind a selection, each once, with telling labels only. */
async function rowsOf(
  call: PrometheusCall,
  alternatives: Alternatives,
  present: ReadonlySet<string>,
  atSeconds: number,
): Promise<Row[]> {
  if (alternatives.length === 0) return [];
  const by = tellingLabels.filter((label) => label === '__name__' || present.has(label)).join(',');
  // `or` compares labels without the name, which loses nothing: what has the labels of a match is itself a match.
  const found = (lookBack: string): string => {
    const vectors = alternatives.map((matchers) =>
      lookBack === ''
        ? selector(undefined, matchers)
        : `last_over_time(${selector(undefined, matchers)}[${lookBack}])`,
    );
    return `group by (${by}) (${vectors.join(' or ')})`;
  };
  let samples: Awaited<ReturnType<PrometheusCall['queryAt']>>;
  try {
    samples = await call.queryAt(found(`${lookBackSeconds}s`), atSeconds);
  } catch (error) {
    if (errorCodeOf(error) !== 'too-large') throw error;
    samples = await call.queryAt(found(''), atSeconds);
  }
  return samples.map(({ labels: { __name__: name = '', ...labels } }) => ({ name, labels }));
}

/** Pods that say they are of the service and are not named after it: what else speaks of them is found by name. */
function foreignPods(rows: readonly Row[], service: string | undefined): string[] {
  if (service === undefined) return [];
  const pods = rows.flatMap((row) => {
    const pod = labelValue(row.labels, 'pod');
    const isForeign = pod !== undefined && workloadOfPod(pod) !== service;
    return isForeign && serviceToldByPod(row) === service ? [pod] : [];
  });
  return [...new Set(pods)].sort();
}

function forPods(pods: readonly string[], held: Held): Alternatives {
  const workloads = [...new Set(pods.map(workloadOfPod))];
  return [
    ...held(spellings.pod).map((label) => [oneOf(label, pods)]),
    ...held(spellings.workload).map((label) => [oneOf(label, workloads)]),
  ];
}

export type Discovery = { readonly rows: readonly Row[]; readonly context: PlanContext };

/** What Prometheus holds of an emitter around a moment. */
export async function discover(
  call: PrometheusCall,
  memory: Memory,
  asked: Emitter,
  atSeconds: number,
): Promise<Discovery> {
  const [present, types] = await Promise.all([memory.labelNames(call), memory.types(call)]);
  const held: Held = (names) => names.filter((name) => present.has(name));
  const alternatives = within(alternativesFor(asked, held), asked, held);
  const first = await rowsOf(call, alternatives, present, atSeconds);
  const pods = foreignPods(first, asked.service);
  const more =
    pods.length === 0 ? [] : await rowsOf(call, within(forPods(pods, held), asked, held), present, atSeconds);
  const rows = [...first, ...more];
  return {
    rows,
    context: {
      asked,
      found: new Set(rows.map((row) => row.name)),
      types,
      serviceOfWorkload: servicesOfWorkloads(rows),
    },
  };
}
