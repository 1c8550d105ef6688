import type { AgentView } from '#domain/agent-turn.ts';
import type { Quote } from '#domain/diagnosis.ts';
import type { ToolCall } from '#domain/evidence.ts';
import { plusSeconds, toMs } from '#domain/time.ts';
import { coverageList } from '#domain/tools/context.ts';
import { type Span, tracesWindow } from '#domain/tools/traces.ts';
import { excerpt } from '../analysis/quotes.ts';
import type { Feeling } from '../analysis/service-ranking.ts';
import {
  failingStrength,
  slowerStrength,
  type TraceFinding,
  traceFindings,
  usualTraceMs,
} from '../analysis/traces.ts';
import { answersOf } from '../answers.ts';
import { ask } from '../ask.ts';
import type { Subject } from '../subject.ts';
import type { CaseFile } from './case-file.ts';

const lookBackSeconds = 3600;

/** Traces from the quiet time on. */
export function traceQuestions(view: AgentView, { cluster, startsAt }: Subject): ToolCall[] {
  const from = plusSeconds(startsAt, -lookBackSeconds);
  return [
    ask(tracesWindow, { cluster, from, to: view.asOf }, 'where requests fail and where their time goes'),
  ];
}

/** What traces say of a service, on the scale of strengths. */
export type TraceEvidence = {
  readonly finding: TraceFinding;
  readonly failing: number;
  readonly slower: number;
  readonly evidenceId: string;
};

/** So long before the signals moved a request may have begun that shows it. */
const slackSeconds = 30;
const fewestTraces = 2;
/** A sample of traces that ended so long before the alert is of quiet times. */
const lateSeconds = 300;

const tracesIn = (spans: readonly Span[]) => new Set(spans.map(({ traceId }) => traceId)).size;

/**
 * Spans of quiet times, and of now. Where traces were kept for some minutes only, the last of these is now, if it is near the
 * alert; else what began when the signals moved.
 */
function split(file: CaseFile, spans: readonly Span[]): { before: Span[]; now: Span[] } {
  const at = (fromMs: number) => ({
    before: spans.filter(({ start }) => toMs(start) < fromMs),
    now: spans.filter(({ start }) => toMs(start) >= fromMs),
  });
  const byOnset = at(toMs(file.onset) - slackSeconds * 1000);
  const kept = answersOf(file.view, coverageList)
    .flatMap(({ output }) => output.items)
    .filter(({ source }) => source === 'traces')
    .toSorted((a, b) => toMs(a.from) - toMs(b.from));
  const last = kept.at(-1);
  const near = last !== undefined && toMs(last.to) >= toMs(file.subject.startsAt) - lateSeconds * 1000;
  const sampled = kept.length > 1 || tracesIn(byOnset.now) < fewestTraces;
  return near && sampled ? at(toMs(last.from) - 1000) : byOnset;
}

/** What the traces say, by service; empty where there are none. */
export function traceEvidence(file: CaseFile): Map<string, TraceEvidence> {
  const answers = answersOf(file.view, tracesWindow);
  const spans = answers.flatMap(({ output }) => output.items);
  const [answer] = answers;
  if (answer === undefined || spans.length === 0) return new Map();
  const { before, now } = split(file, spans);
  const usualMs = usualTraceMs(before);
  return new Map(
    traceFindings(before, now).map((finding) => [
      finding.service,
      {
        finding,
        failing: failingStrength(finding),
        slower: slowerStrength(finding, usualMs),
        evidenceId: answer.evidenceId,
      },
    ]),
  );
}

const otherFeelingPart = 0.5;

/** How much the traces speak for a service, by what the alert tells that is felt. */
export function traceStrength({ failing, slower }: TraceEvidence, told: ReadonlySet<Feeling>): number {
  const part = (feeling: Feeling) => (told.size === 0 || told.has(feeling) ? 1 : otherFeelingPart);
  return Math.max(failing * part('errors'), slower * part('latency'));
}

const percent = (part: number) => `${(part * 100).toFixed(part < 0.1 ? 1 : 0)} %`;

export function describeTraces({ finding, failing, slower }: TraceEvidence): string {
  const { service, failingBefore, slowerMs, slowerPart, cutShort } = finding;
  if (failing >= slower && finding.failing <= failingBefore)
    return `${percent(cutShort)} of an operation of ${service} end before all calls are made that it mostly makes`;
  return failing >= slower
    ? `in ${percent(finding.failing)} of the traces a failure begins in ${service} (${percent(failingBefore)} before)`
    : `the own work of ${service} takes ${slowerMs.toFixed(1)} ms a trace longer than before, ${percent(slowerPart)} of all that grew`;
}

/** What the span says of its failure, else its name. */
export function quoteTrace({ finding, evidenceId }: TraceEvidence, weight: number): Quote[] {
  const { example } = finding;
  if (example === undefined) return [];
  const said = ['error', 'exception.message', 'status_message', 'error.message', 'otel.status_description']
    .map((name) => example.attributes[name])
    .find((value): value is string => typeof value === 'string' && value !== '');
  return [
    {
      source: 'traces',
      ref: `Span ${example.spanId} of trace ${example.traceId}, ${example.service} ${example.name}`,
      quote: excerpt(said ?? example.name),
      weight,
      evidenceId,
    },
  ];
}
