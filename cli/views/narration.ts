import { formatObject } from '#domain/object-ref.ts';
import { toMs } from '#domain/time.ts';
import { formatDuration } from '../duration.ts';
import type { StoryEvent, StoryEventOf } from '../story-events.ts';
import { actionTitle } from './action-title.ts';
import { causeTitle, percent } from './diagnosis-view.ts';
import { padLeftTo, padTo, shortenEnd, shortenMiddle, widthOf, wrapLines } from './layout.ts';
import { clock, type Style, shortIncidentId } from './style.ts';

const clockColumns = 8;
const whoColumns = 10;
export const textColumn = clockColumns + 2 + whoColumns + 2;
const toolColumns = 32;
/** A saying that goes on for longer lists things; its beginning tells what matters. */
const mostSaidLines = 4;
const resultColumns = 7;

/** What the narrator remembers between two events. */
export type Narration = {
  /** While a step is verified the same questions are asked every few seconds: they are told as checks, not as calls. */
  readonly verifying: boolean;
  /**
   * The latest time that was told. A turn and its calls bear the moment that they look at, which is before what happened
   * while they looked; told in the order in which they came, time does not go back.
   */
  readonly lastAt: string;
};
export const startOfNarration: Narration = { verifying: false, lastAt: '' };

export type Told = { readonly lines: readonly string[]; readonly next: Narration };

/** An event as lines: when, who, what. An event that says nothing to a person gives no line. */
export function narrate(event: StoryEvent, before: Narration, style: Style): Told {
  const lastAt = before.lastAt !== '' && toMs(before.lastAt) > toMs(event.at) ? before.lastAt : event.at;
  const verifying = event.type === 'step.changed' ? event.data.status === 'verifying' : before.verifying;
  const next = { verifying, lastAt };
  if (event.type === 'tool.called') return { lines: before.verifying ? [] : [toolLine(event, style)], next };
  const saying = sayingOf(event, style);
  return { lines: saying === undefined ? [] : saidLines(lastAt, saying, style), next };
}

/** Everything that happened, told at once. */
export function renderTimeline(events: readonly StoryEvent[], style: Style): string {
  let narration = startOfNarration;
  const lines = events.flatMap((event) => {
    const told = narrate(event, narration, style);
    narration = told.next;
    return told.lines;
  });
  return [style.paint.strong(style.words.incident.timeline), ...lines].join('\n');
}

export type Saying = {
  readonly who: string;
  readonly text: string;
  readonly paint?: (text: string) => string;
};

/** A saying as lines, with the time before and its text wrapped under itself. */
export function saidLines(at: string, { who, text, paint = (line) => line }: Saying, style: Style): string[] {
  const lead = `${style.paint.quiet(padTo(clock(at, style), clockColumns))}  ${padTo(who, whoColumns)}  `;
  const whole = wrapLines(text, style.columns - textColumn);
  const lines = whole.slice(0, mostSaidLines).map(paint);
  if (whole.length > mostSaidLines) lines[mostSaidLines - 1] += ' …';
  return lines.map((line, index) => (index === 0 ? lead + line : ' '.repeat(textColumn) + line));
}

function toolLine({ data }: StoryEventOf<'tool.called'>, style: Style): string {
  const { paint, words, columns } = style;
  // Most tools are named after their server; said once is enough.
  const named = data.tool.startsWith(`${data.server}_`) ? data.tool : `${data.server} ${data.tool}`;
  const name = padTo(shortenMiddle(named, toolColumns), toolColumns);
  const failed = data.outcome !== 'ok';
  const result = failed ? words.tool.failed(data.outcome) : formatDuration(data.durationMs, words.units);
  const resultText = padLeftTo(result, resultColumns);
  const room = Math.max(10, columns - textColumn - widthOf(name) - widthOf(resultText) - 4);
  const why = padTo(shortenEnd(data.why, room), room);
  const painted = failed ? paint.bad(resultText) : paint.quiet(resultText);
  return `${' '.repeat(textColumn)}${paint.quiet(name)}  ${why}  ${painted}`;
}

function sayingOf(event: Exclude<StoryEvent, { type: 'tool.called' }>, style: Style): Saying | undefined {
  const { words, paint } = style;
  const alert = (text: string): Saying => ({ who: words.who.alert, text });
  const incident = (text: string): Saying => ({ who: words.who.incident, text });
  switch (event.type) {
    case 'incident.opened':
      return openedSaying(event, words.incident.opened, style);
    case 'incident.reopened':
      return openedSaying(event, words.incident.reopened, style);
    case 'alert.received':
      return alert(words.alert.joined(event.data.alerts));
    case 'alert.still-firing':
      return alert(words.alert.stillFiring);
    case 'alert.resolved':
      return { ...alert(words.alert.resolved), paint: paint.good };
    case 'incident.phase':
      return phaseSaying(event, style);
    case 'incident.taken-over':
      return incident(words.incident.takenOver(event.data.user));
    case 'incident.closed':
      return incident(words.incident.closed(words.outcome[event.data.outcome], event.data.reason));
    case 'turn.taken':
      return turnSaying(event, style);
    case 'plan.proposed': {
      const { cause, object, confidence } = event.data;
      const text = `${causeTitle(cause, style)} · ${formatObject(object)} · ${percent(confidence)}`;
      return { who: words.agent.automation, text: words.plan.proposed(text) };
    }
    case 'case.recorded':
      return { who: words.agent.knowledge, text: words.caseRecord.recorded(event.data.title) };
    case 'step.changed':
      return stepSaying(event, style);
    case 'signal.unknown':
      return incident(words.incident.unknownSignal(event.data.name));
    default:
      return approvalSaying(event, style);
  }
}

type Opened = StoryEventOf<'incident.opened' | 'incident.reopened'>;

function openedSaying(event: Opened, verb: string, { words, paint }: Style): Saying {
  const { title, severity } = event.data;
  const text = `${title}  (${severity.toUpperCase()} · ${verb} ${shortIncidentId(event.incidentId)})`;
  return { who: words.who.alert, text, paint: paint.strong };
}

/** Most phases are told by what happens in them; a belief outside the diagnosis is why the stand-in stops. */
function phaseSaying({ data }: StoryEventOf<'incident.phase'>, { words }: Style): Saying | undefined {
  if (data.phase !== 'watching') return undefined;
  return { who: words.who.incident, text: data.belief ?? words.incident.watching };
}

function turnSaying({ data }: StoryEventOf<'turn.taken'>, { words, paint }: Style): Saying | undefined {
  if (data.task === 'verify') return undefined;
  const who = words.agent[data.agent];
  const task = words.task[data.task];
  if (data.kind === 'tool-calls') return { who, text: words.turn.asks(task, data.calls ?? 0) };
  if (data.kind === 'hand-over') return { who, text: words.turn.handsOver(task), paint: paint.waiting };
  return { who, text: words.turn.done(task) };
}

type ApprovalEvent = StoryEventOf<'gate.opened' | 'gate.escalated' | 'gate.decision' | 'gate.closed'>;

function approvalSaying(event: ApprovalEvent, { words, language, paint }: Style): Saying | undefined {
  const who = words.who.approval;
  switch (event.type) {
    case 'gate.opened':
      return { who, text: words.approval.asked(event.data.what[language]), paint: paint.waiting };
    case 'gate.escalated':
      return { who, text: words.approval.escalated };
    case 'gate.decision':
      return { who, text: decisionText(event, words) };
    case 'gate.closed': {
      const { status } = event.data;
      // A decision was told already, with who made it.
      const decided = status === 'approved' || status === 'rejected' || status === 'edited';
      return decided ? undefined : { who, text: words.approval.closed(words.gateStatus[status]) };
    }
  }
}

function decisionText({ data }: StoryEventOf<'gate.decision'>, words: Style['words']): string {
  const user = data.user ?? words.approval.somebody;
  if (!data.accepted)
    return words.approval.notCounted(user, words.verdictMeans[data.verdict] ?? data.verdict);
  return words.approval.decided(user, data.decision ?? 'approve', data.reason);
}

function stepSaying({ data }: StoryEventOf<'step.changed'>, style: Style): Saying | undefined {
  const { words, paint } = style;
  const tell = words.step.changed[data.status];
  if (tell === undefined) return undefined;
  const text = tell(`${actionTitle(data.action, style)} ${formatObject(data.object)}`, data.detail ?? '');
  const good = data.status === 'verified' || data.status === 'undone';
  const bad = data.status === 'failed';
  return { who: words.who.step, text, ...(good ? { paint: paint.good } : bad ? { paint: paint.bad } : {}) };
}
