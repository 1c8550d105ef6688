import { setTimeout as sleep } from 'node:timers/promises';
import { errorCodeOf, messageOf, UnderstudyError } from '#domain/errors.ts';
import type { Gate } from '#domain/gate.ts';
import { fromMs } from '#domain/time.ts';
import type { ApiClient } from '../api-client.ts';
import { type CliContext, commandLine, outputStyle } from '../context.ts';
import { sendDecision } from '../decide.ts';
import { formatDuration } from '../duration.ts';
import { createFollower, type Follower } from '../follow.ts';
import type { StoryEvent } from '../story-events.ts';
import { saidLines } from '../views/narration.ts';
import { type Style, shortGateId } from '../views/style.ts';
import { after, startOfCourse } from './course.ts';
import { type OpenQuestion, openQuestion } from './open-question.ts';

/** The range's faults, as practice uses them. */
export type Faults = {
  readonly names: readonly string[];
  on(name: string): Promise<void>;
  /** Puts everything back as it was. */
  off(name: string): Promise<void>;
};

export type Play = {
  readonly context: CliContext;
  readonly client: ApiClient;
  readonly faults: Faults;
  /** Who approves: the person here, a person in another terminal, or the range's own account. */
  readonly approval:
    | { readonly by: 'person' }
    | { readonly by: 'elsewhere'; readonly temporalUiUrl?: string }
    /** `assertPractice` throws where the step is not on the practice range. */
    | {
        readonly by: 'account';
        readonly approver: ApiClient;
        readonly assertPractice: (gate: Gate) => Promise<void>;
      };
  readonly signal: AbortSignal;
  /** When this run began, in Unix milliseconds: what was open before is left from another. */
  readonly startedMs: number;
  readonly noAlertMs: number;
};

export type RoundEnd = { readonly mended: boolean; readonly how: string };

type Round = {
  readonly play: Play;
  readonly style: Style;
  readonly follower: Follower;
  readonly events: AsyncGenerator<StoryEvent>;
  /** Ends the stream. */
  readonly over: AbortController;
};

/** One round: a fault is switched on, and what comes of it is told until it is mended or given up. */
export async function playFault(play: Play, fault: string): Promise<RoundEnd> {
  const { words } = play.context;
  const round = await beginRound(play);
  say(round, words.practice.faultOn(fault));
  await play.faults.on(fault);
  say(round, words.practice.waitingForAlert);
  return follow(round);
}

async function beginRound(play: Play): Promise<Round> {
  const { context, client, signal } = play;
  const style = outputStyle(context);
  const follower = createFollower({
    client,
    style,
    print: (text) => context.terminal.out(text),
    nowMs: Date.now,
  });
  const onBreak = (): void => context.terminal.say(context.words.practice.streamLost);
  // Open before the fault is, so that the first alert is not missed.
  const over = new AbortController();
  const events = await client.events({
    ...{ after: 'latest', onBreak },
    signal: AbortSignal.any([signal, over.signal]),
  });
  return { play, style, follower, events, over };
}

function say({ play, style }: Round, text: string): void {
  const at = fromMs(Date.now());
  for (const line of saidLines(at, { who: style.words.who.range, text }, style))
    play.context.terminal.out(line);
}

/** Tells events until the round has ended; what waits for a decision is asked for one after the other. */
async function follow(round: Round): Promise<RoundEnd> {
  const { events, follower, play, over } = round;
  const silence = noAlert(round);
  const waiting: Gate[] = [];
  let course = startOfCourse;
  let question: OpenQuestion | undefined;
  let next = events.next();
  try {
    while (course.end === undefined) {
      const gate = question === undefined ? waiting.shift() : undefined;
      if (gate !== undefined) question = await ask(round, gate);
      const happened = await Promise.race([
        next,
        ...(question === undefined ? [] : [question.answered]),
        ...(course.incidents.size === 0 ? [silence] : []),
      ]);
      if (happened === 'answered') {
        question = undefined;
        follower.release();
        continue;
      }
      if (happened.done === true) break;
      const event = happened.value;
      next = events.next();
      course = after(course, event);
      if (!course.incidents.has(event.incidentId)) continue;
      await follower.tell(event);
      if (event.type === 'gate.opened') waiting.push(await play.client.gate(event.data.gateId));
      if (event.type === 'gate.closed') question = closed(event.data.gateId, question, waiting);
    }
  } finally {
    question?.withdraw();
    follower.release();
    // The stream of this round ends with it; nobody waits for what it says of that.
    next.catch(() => undefined);
    over.abort();
  }
  return { mended: course.end?.mended ?? false, how: course.end?.how ?? '' };
}

/** What was decided elsewhere is not asked any more. */
function closed(
  gateId: string,
  question: OpenQuestion | undefined,
  waiting: Gate[],
): OpenQuestion | undefined {
  const place = waiting.findIndex((gate) => gate.gateId === gateId);
  if (place >= 0) waiting.splice(place, 1);
  if (question?.gateId === gateId) question.withdraw();
  return question;
}

/** Rejects when no alert has come in time. The timer alone does not keep the process alive. */
async function noAlert({ play }: Round): Promise<never> {
  await sleep(play.noAlertMs, undefined, { ref: false });
  const { words } = play.context;
  throw new UnderstudyError('timeout', words.practice.noAlert(formatDuration(play.noAlertMs, words.units)));
}

/** Has the step decided on, by whoever decides in this round; answers with the question where one is on the screen now. */
async function ask(round: Round, gate: Gate): Promise<OpenQuestion | undefined> {
  const { approval, context, client, signal } = round.play;
  switch (approval.by) {
    case 'account':
      await approval.assertPractice(gate);
      if (await approved(approval.approver, gate, context)) say(round, context.words.practice.autoApproved);
      return undefined;
    case 'elsewhere':
      sayHowToApprove(round, gate);
      return undefined;
    case 'person': {
      const { terminal } = context;
      const { style, follower } = round;
      follower.hold();
      return openQuestion({ client, terminal, style, gate, signal }, () => sayHowToApprove(round, gate));
    }
  }
}

/** False where the gate was closed meanwhile: withdrawn because the alert ended, or decided by somebody else. */
async function approved(client: ApiClient, gate: Gate, { words, terminal }: CliContext): Promise<boolean> {
  try {
    await sendDecision(client, gate, { decision: 'approve' }, words);
    return true;
  } catch (error) {
    if (errorCodeOf(error) !== 'conflict') throw error;
    terminal.say(messageOf(error));
    return false;
  }
}

function sayHowToApprove({ play, style }: Round, gate: Gate): void {
  const { context, approval } = play;
  const { words, terminal } = context;
  const command = commandLine(context, 'approve', shortGateId(gate.gateId));
  terminal.out(`  ${words.practice.approveElsewhere}\n\n    ${style.paint.code(command)}\n`);
  if (approval.by === 'elsewhere' && approval.temporalUiUrl !== undefined) {
    const url = new URL(
      `/namespaces/default/workflows/${encodeURIComponent(gate.workflowId)}`,
      approval.temporalUiUrl,
    );
    terminal.out(`  ${words.practice.approveInUi(url.href)}\n`);
  }
}
