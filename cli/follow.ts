import { type Verification, verificationSchema } from '#domain/agent-turn.ts';
import { type Diagnosis, diagnosisSchema } from '#domain/diagnosis.ts';
import type { ApiClient } from './api-client.ts';
import { isDiagnosis, milestonesOf } from './milestones.ts';
import type { StoryEvent } from './story-events.ts';
import { renderDiagnosis } from './views/diagnosis-view.ts';
import { renderGate } from './views/gate-view.ts';
import { renderCase } from './views/incident-view.ts';
import { type Narration, narrate, saidLines, startOfNarration } from './views/narration.ts';
import type { Style } from './views/style.ts';
import type { IncidentReading } from './wire.ts';

/** Tells incidents live: a line an event, and what is behind an event (diagnosis, question, checks, case) where it matters. */
export type Follower = {
  tell(event: StoryEvent): Promise<void>;
  /** Keeps lines back while a question is open, so that it stays the last thing on the screen. */
  hold(): void;
  release(): void;
};

type Told = {
  narration: Narration;
  readonly events: StoryEvent[];
  /** The checks as they were told last, by name. */
  readonly checks: Map<string, boolean>;
};

/** A check that lists every signal is long; its beginning tells what matters, the console has the rest. */
const mostCheckLines = 2;

export function createFollower(options: {
  readonly client: ApiClient;
  readonly style: Style;
  readonly print: (text: string) => void;
  readonly nowMs: () => number;
}): Follower {
  const { client, style } = options;
  const incidents = new Map<string, Told>();
  const kept: string[] = [];
  let holding = false;
  let speaksOf: string | undefined;

  const print = (text: string): void => {
    if (holding) kept.push(text);
    else options.print(text);
  };
  const toldOf = (incidentId: string): Told => {
    const known = incidents.get(incidentId) ?? { narration: startOfNarration, events: [], checks: new Map() };
    incidents.set(incidentId, known);
    return known;
  };
  const block = (text: string): void => print(`\n${text}\n`);

  /** Says which incident is spoken of, when it is another one than before. */
  function turnTo(event: StoryEvent): void {
    const opens = event.type === 'incident.opened' || event.type === 'incident.reopened';
    if (!opens && speaksOf !== undefined && speaksOf !== event.incidentId) {
      print(style.paint.quiet(`— ${event.incidentId} —`));
    }
    speaksOf = event.incidentId;
  }

  async function tell(event: StoryEvent): Promise<void> {
    const told = toldOf(event.incidentId);
    told.events.push(event);
    const { lines, next } = narrate(event, told.narration, style);
    told.narration = next;
    if (lines.length > 0) {
      turnTo(event);
      for (const line of lines) print(line);
    }
    await tellMore(event, told);
  }

  async function tellMore(event: StoryEvent, told: Told): Promise<void> {
    if (isDiagnosis(event)) {
      const diagnosis = lastDiagnosis(await client.incident(event.incidentId));
      if (diagnosis !== undefined) block(renderDiagnosis(diagnosis, style));
    } else if (event.type === 'gate.opened') {
      block(renderGate(await client.gate(event.data.gateId), style, options.nowMs()));
    } else if (event.type === 'turn.taken' && event.data.task === 'verify' && event.data.kind === 'finding') {
      const look = verificationOf(await client.incident(event.incidentId), event.data.turnSeq);
      if (look !== undefined) tellChecks(look, event.at, told.checks);
    } else if (event.type === 'case.recorded') {
      const { case: known } = await client.incident(event.incidentId);
      if (known !== undefined) block(renderCase(known, milestonesOf(told.events), style));
    }
  }

  /** Checks are told when they are first made and when they turn: a look that says the same again says nothing. */
  function tellChecks(look: Verification, at: string, before: Map<string, boolean>): void {
    for (const { name, ok, detail } of look.checks) {
      if (before.get(name) === ok) continue;
      before.set(name, ok);
      const text = `${ok ? '✓' : '…'} ${name}${detail === '' ? '' : `: ${detail}`}`;
      const paint = ok ? style.paint.good : style.paint.waiting;
      const lines = saidLines(at, { who: style.words.who.check, text, paint }, style);
      for (const line of lines.slice(0, mostCheckLines)) print(line);
    }
  }

  return {
    tell,
    hold: () => {
      holding = true;
    },
    release: () => {
      holding = false;
      for (const text of kept.splice(0)) options.print(text);
    },
  };
}

/** Every diagnosis of an incident, the oldest first. */
export function diagnosesOf({ turns }: Pick<IncidentReading, 'turns'>): readonly Diagnosis[] {
  return turns
    .filter((turn) => turn.task === 'diagnose')
    .toSorted((a, b) => a.turnSeq - b.turnSeq)
    .flatMap(({ decision }) => {
      const found =
        decision.kind === 'finding' ? diagnosisSchema.safeParse(decision.finding).data : undefined;
      return found === undefined ? [] : [found];
    });
}

/** The newest diagnosis of an incident, or undefined before the first. */
export function lastDiagnosis(found: Pick<IncidentReading, 'turns'>): Diagnosis | undefined {
  return diagnosesOf(found).at(-1);
}

function verificationOf({ turns }: IncidentReading, turnSeq: number): Verification | undefined {
  const found = turns.findLast((turn) => turn.task === 'verify' && turn.turnSeq === turnSeq);
  return found?.decision.kind === 'finding'
    ? verificationSchema.safeParse(found.decision.finding).data
    : undefined;
}
