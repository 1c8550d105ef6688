import { readStoryEvent, type StoryEvent } from './story-events.ts';
import type { IncidentReading } from './wire.ts';

/** An event before it is held against the form that events have. */
type Happening = { readonly at: string; readonly type: StoryEvent['type']; readonly data: unknown };

/** How the ledger's words read as states of a step. */
const statusOfLedger: Readonly<Record<string, string>> = {
  started: 'acting',
  'effect-observed': 'verifying',
  verified: 'verified',
  undone: 'undone',
  failed: 'failed',
  refused: 'refused',
};

/**
 * An incident's story as it can be told from what is on record, in the order of time: for an incident that is looked at
 * afterwards. Live, the server tells it better.
 */
export function storyOf(found: IncidentReading): StoryEvent[] {
  const { incident } = found;
  const happenings: Happening[] = [
    {
      at: incident.openedAt,
      type: incident.reopenOf === undefined ? 'incident.opened' : 'incident.reopened',
      data: { title: incident.title, severity: incident.severity },
    },
    ...turnsAndCalls(found),
    ...found.plans.map(
      ({ at, planNo, plan }): Happening => ({ at, type: 'plan.proposed', data: { ...plan, planNo } }),
    ),
    ...found.gates.flatMap(gateHappenings),
    ...ledgerHappenings(found),
    ...endHappenings(found),
  ];
  return happenings
    .toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))
    .flatMap((happening, index) => {
      const event = readStoryEvent({ seq: index + 1, incidentId: incident.id, ...happening });
      return event === undefined ? [] : [event];
    });
}

/** Turns of each workflow, each followed by the calls that it asked for: both are counted in the order they were made. */
function turnsAndCalls({ turns, toolCalls }: IncidentReading): Happening[] {
  const workflows = [...new Set(turns.map((turn) => turn.workflowId))];
  return workflows.flatMap((workflowId) => {
    const calls = toolCalls
      .filter((call) => call.workflowId === workflowId)
      .toSorted((a, b) => a.callSeq - b.callSeq);
    const own = turns.filter((turn) => turn.workflowId === workflowId);
    return own
      .toSorted((a, b) => a.turnSeq - b.turnSeq)
      .flatMap(({ asOf, decision, ...turn }) => {
        const asked = decision.kind === 'tool-calls' ? calls.splice(0, decision.calls.length) : [];
        const data = { ...turn, kind: decision.kind, calls: asked.length };
        return [
          { at: asOf, type: 'turn.taken' as const, data },
          ...asked.map((call) => ({ at: call.asOf, type: 'tool.called' as const, data: call })),
        ];
      });
  });
}

function gateHappenings(gate: IncidentReading['gates'][number]): Happening[] {
  const { gateId, what, status } = gate;
  return [
    { at: gate.openedAt, type: 'gate.opened', data: { gateId, what } },
    ...(gate.escalatedAt === undefined
      ? []
      : [{ at: gate.escalatedAt, type: 'gate.escalated' as const, data: { gateId } }]),
    ...gate.decisions.map(
      (decision): Happening => ({ at: decision.at, type: 'gate.decision', data: decision }),
    ),
    ...(gate.closedAt === undefined
      ? []
      : [{ at: gate.closedAt, type: 'gate.closed' as const, data: { gateId, status } }]),
  ];
}

function ledgerHappenings({ ledger, steps }: IncidentReading): Happening[] {
  return ledger.flatMap(({ at, planNo, stepNo, kind, data }) => {
    const status = statusOfLedger[kind];
    const step = steps.find((candidate) => candidate.planNo === planNo && candidate.stepNo === stepNo);
    if (status === undefined || step === undefined) return [];
    const { action, object } = step;
    return [{ at, type: 'step.changed' as const, data: { planNo, stepNo, status, action, object, ...data } }];
  });
}

function endHappenings({ incident, case: learned }: IncidentReading): Happening[] {
  const { closedAt, outcome } = incident;
  if (closedAt === undefined) return [];
  return [
    { at: closedAt, type: 'incident.closed', data: { outcome } },
    ...(learned === undefined ? [] : [{ at: closedAt, type: 'case.recorded' as const, data: learned }]),
  ];
}
