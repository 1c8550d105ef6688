import type { AgentView } from '#domain/agent-turn.ts';
import type { ToolCall } from '#domain/evidence.ts';
import { fromMs, type Instant, plusSeconds, secondsBetween, toMs } from '#domain/time.ts';
import {
  metricsListSeries,
  metricsWindow,
  type SeriesInfo,
  type SeriesWindow,
} from '#domain/tools/prometheus.ts';
import { topologyEdges } from '#domain/tools/topology.ts';
import { type Reading, readAll } from './analysis/signals.ts';
import { type CallEdge, type CallGraph, callGraph, hopsFrom } from './analysis/topology.ts';
import { answersOf, wasAsked } from './answers.ts';
import { ask, callKey } from './ask.ts';
import type { Subject } from './subject.ts';
import { windowsAround } from './windows.ts';

/** Contracts that looking at signals takes. */
export const signalContracts = [topologyEdges, metricsListSeries, metricsWindow] as const;

/** Trouble seldom travels further than this: a gateway, a function's front and the function are three. */
const calleeHops = 6;
const mostServices = 16;
const mostSeries = 300;
const mostSeriesOfScope = 3000;
const seriesPerCall = 100;
const coarseStepSeconds = 30;
const fineStepSeconds = 5;
const mostFinePoints = 360;
/** What was recorded is all there: it is read as it is. */
const mostFinePointsOfScope = 3600;
/** Fewer points than this are no quiet time; of a slowly recorded series the look back is longer. */
const quietSteps = 60;
/** Points that are this fresh need not be fetched again. */
const freshSeconds = 120;
const nowSeconds = 30;

/** Who calls whom, from the topology tool and from the call edges that series speak of. */
export function callGraphOf(view: Pick<AgentView, 'evidence'>, more: readonly CallEdge[] = []): CallGraph {
  const told = answersOf(view, topologyEdges).flatMap(({ output }) => output.items);
  const measured = seriesInfos(view).flatMap(({ emitter }) =>
    emitter.source === undefined || emitter.destination === undefined
      ? []
      : [{ from: emitter.source, to: emitter.destination }],
  );
  return callGraph([...told, ...measured, ...more]);
}

/** The services to look at: those of the alerts, what they call, and who calls them; the nearest first. */
export function servicesAround(graph: CallGraph, services: readonly string[]): string[] {
  return allAround(graph, services).slice(0, mostServices);
}

/** How many services are on the way of the trouble beside those that are looked at. */
export function servicesLeftOut(graph: CallGraph, services: readonly string[]): number {
  return Math.max(0, allAround(graph, services).length - mostServices);
}

function allAround(graph: CallGraph, services: readonly string[]): string[] {
  const below = hopsFrom(services, graph.calleesOf, calleeHops);
  const above = hopsFrom(services, graph.callersOf, 1);
  const byHops = [...below, ...above].toSorted(([, a], [, b]) => a - b).map(([service]) => service);
  return [...new Set(byHops)];
}

function seriesInfos(view: Pick<AgentView, 'evidence'>): SeriesInfo[] {
  const infos = listed(view)
    .filter((answer, _index, all) => isOfOnePlace(answer, all))
    .flatMap(({ output }) => output.items);
  return [...new Map(infos.map((info) => [info.series, info])).values()];
}

function topologyQuestion(subject: Subject): ToolCall {
  const where = { cluster: subject.cluster, namespace: subject.namespace };
  return ask(topologyEdges, where, 'who calls whom');
}

function ofNamespaces({ cluster, namespaces }: Subject): ToolCall[] {
  return namespaces.map((namespace) =>
    ask(metricsListSeries, { cluster, emitter: { namespace } }, `signals of namespace ${namespace}`),
  );
}

/** Of what was recorded for an investigation everything is looked at: it was kept because somebody thought it might matter. */
function wholeScope(subject: Subject): ToolCall[] {
  const { cluster, namespaces } = subject;
  return namespaces.length > 0
    ? ofNamespaces(subject)
    : [ask(metricsListSeries, { cluster, emitter: {} }, 'signals of everything that was recorded')];
}

function listQuestions(view: AgentView, subject: Subject): ToolCall[] {
  const where = { cluster: subject.cluster };
  const { namespace } = subject;
  if (view.scope !== undefined) return wholeScope(subject);
  if (subject.services.length === 0) return ofNamespaces(subject);
  const known = wasAsked(view, topologyEdges) || !view.tools.includes(topologyEdges.name);
  const services = known
    ? servicesAround(callGraphOf({ evidence: view.evidence }), subject.services)
    : subject.services;
  const lists = services.map((service) =>
    ask(
      metricsListSeries,
      { ...where, emitter: namespace === undefined ? { service } : { namespace, service } },
      `signals of ${service}`,
    ),
  );
  // What is called may live in another namespace; it is looked for there only where it is not in the alert's.
  const elsewhere =
    namespace === undefined
      ? []
      : services
          .filter((service) => !subject.services.includes(service) && isSilentIn(view, namespace, service))
          .map((service) =>
            ask(
              metricsListSeries,
              { ...where, emitter: { service } },
              `signals of ${service}, wherever it is`,
            ),
          );
  return [...lists, ...elsewhere];
}

function isSilentIn(view: Pick<AgentView, 'evidence'>, namespace: string, service: string): boolean {
  return answersOf(view, metricsListSeries).some(
    ({ input, output }) =>
      input.emitter.namespace === namespace &&
      input.emitter.service === service &&
      output.items.length === 0 &&
      !output.truncated,
  );
}

/** Series that were found wherever they are count only where all are of one namespace: the name may be used in many. */
function isOfOnePlace(
  { input, output }: ReturnType<typeof listed>[number],
  all: ReturnType<typeof listed>,
): boolean {
  const { namespace, service } = input.emitter;
  const silent = all.some(
    ({ input: { emitter } }) => emitter.service === service && emitter.namespace !== undefined,
  );
  if (namespace !== undefined || service === undefined || !silent) return true;
  return new Set(output.items.map(({ emitter }) => emitter.namespace)).size <= 1;
}

function listed(view: Pick<AgentView, 'evidence'>) {
  return answersOf(view, metricsListSeries);
}

const urgency: readonly SeriesInfo['signal'][] = [
  'errors',
  'latency',
  'availability',
  'throttling',
  'traffic',
  'restarts',
  'saturation',
  'other',
];

function chosenSeries(view: AgentView): string[] {
  return seriesInfos(view)
    .toSorted(
      (a, b) => urgency.indexOf(a.signal) - urgency.indexOf(b.signal) || (a.series < b.series ? -1 : 1),
    )
    .slice(0, view.scope?.recorded !== true ? mostSeries : mostSeriesOfScope)
    .map(({ series }) => series);
}

function isFresh(view: AgentView): Set<string> {
  return new Set(
    answersOf(view, metricsWindow)
      .filter(({ input }) => secondsBetween(input.to, view.asOf) < freshSeconds)
      .flatMap(({ input }) => input.series),
  );
}

/** Longer than this no server lets itself be asked in fine steps; the beginning and the end tell most. */
const longestCloseSeconds = 6 * 3600;
const beginningSeconds = 3 * 3600;
const endSeconds = 3600;

function closeWindows(from: Instant, to: Instant): { readonly from: Instant; readonly to: Instant }[] {
  if (secondsBetween(from, to) <= longestCloseSeconds) return [{ from, to }];
  return [
    { from, to: plusSeconds(from, beginningSeconds) },
    { from: plusSeconds(to, -endSeconds), to },
  ];
}

/** How far apart the points of the series are, as far as they say so. */
function recordedSteps(view: AgentView): readonly number[] {
  return seriesInfos(view).flatMap(({ stepSeconds }) => stepSeconds ?? []);
}

/** Steps for a close look: as they were recorded, and not more points than anybody wants. */
function fineStepOf(view: AgentView, { from, to }: { from: Instant; to: Instant }): number {
  const most = view.scope?.recorded !== true ? mostFinePoints : mostFinePointsOfScope;
  const finest = Math.max(1, Math.min(fineStepSeconds, ...recordedSteps(view)));
  return Math.max(finest, Math.ceil(secondsBetween(from, to) / most));
}

function windowQuestions(view: AgentView, subject: Subject): ToolCall[] {
  const windows = windowsAround(subject.startsAt, view.asOf);
  const { closeFrom, to } = windows;
  const slowest = Math.max(0, ...recordedSteps(view));
  const longBefore = plusSeconds(subject.startsAt, -quietSteps * slowest);
  const from = toMs(longBefore) < toMs(windows.from) ? longBefore : windows.from;
  const { cluster } = subject;
  const fresh = isFresh(view);
  const wanted = chosenSeries(view).filter((series) => !fresh.has(series));
  const chunks = Array.from({ length: Math.ceil(wanted.length / seriesPerCall) }, (_, index) =>
    wanted.slice(index * seriesPerCall, (index + 1) * seriesPerCall),
  );
  return chunks.flatMap((series) => [
    ask(
      metricsWindow,
      { cluster, series, from, to: closeFrom, stepSeconds: coarseStepSeconds },
      'the quiet time before',
    ),
    ...closeWindows(closeFrom, to).map((window) =>
      ask(
        metricsWindow,
        { cluster, series, ...window, stepSeconds: fineStepOf(view, window) },
        'what moved, and since when',
      ),
    ),
  ]);
}

/**
 * What must be asked to see the signals of the alerts' services, of what they call and of their callers: first who they are,
 * then which series speak of them, then the points.
 */
export function signalQuestions(view: AgentView, subject: Subject): ToolCall[] {
  const lists = listQuestions(view, subject);
  const answered = new Set(
    view.evidence.map(({ call }) =>
      callKey(
        call,
        signalContracts.find(({ name }) => name === call.tool),
      ),
    ),
  );
  const complete =
    (wasAsked(view, topologyEdges) || !view.tools.includes(topologyEdges.name)) &&
    lists.every((call) => answered.has(callKey(call, metricsListSeries)) || !view.tools.includes(call.tool));
  return [topologyQuestion(subject), ...lists, ...(complete ? windowQuestions(view, subject) : [])];
}

/**
 * Until when anything was recorded: that all series end together says that the recording ended, and nothing of any of them.
 * A point stands for the time up to the next.
 */
function recordedTo(windows: readonly SeriesWindow[], asked: Instant, startsAt: Instant): Instant {
  const last = windows.flatMap(({ points, info }) => {
    const at = points.at(-1)?.[0];
    return at === undefined ? [] : [(at + (info.stepSeconds ?? 0)) * 1000];
  });
  if (last.length === 0) return asked;
  const end = last.reduce((most, at) => Math.max(most, at), toMs(startsAt));
  return fromMs(Math.min(toMs(asked), end));
}

type Read = {
  readonly windows: number;
  readonly asOf: Instant;
  readonly startsAt: Instant;
  readonly readings: Reading[];
};

/** Evidence never changes, and every round reads it again: what was read from the same windows is kept with the last of them. */
const readBefore = new WeakMap<object, Read>();

/** How every series that was fetched was before the trouble, and how it is now. */
export function readingsOf(view: Pick<AgentView, 'evidence' | 'asOf'>, { startsAt }: Subject): Reading[] {
  const answers = answersOf(view, metricsWindow);
  const last = answers.at(-1)?.output;
  if (last === undefined) return [];
  const known = readBefore.get(last);
  if (known?.windows === answers.length && known.asOf === view.asOf && known.startsAt === startsAt) {
    return known.readings;
  }
  const windows = answers.flatMap(({ evidenceId, output }) =>
    output.items.map((item) => ({ ...item, evidenceId })),
  );
  const ends = answers.map(({ input }) => toMs(input.to)).filter((end) => end <= toMs(view.asOf));
  const asked = ends.length === 0 ? view.asOf : fromMs(Math.max(...ends));
  const to = recordedTo(windows, asked, startsAt);
  const { quietTo } = windowsAround(startsAt, view.asOf);
  const readings = readAll(windows, { quietTo, startsAt, to, nowSeconds });
  readBefore.set(last, { windows: answers.length, asOf: view.asOf, startsAt, readings });
  return readings;
}
