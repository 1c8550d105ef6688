import type { Case } from '#domain/agent-turn.ts';
import type { Alert } from '#domain/alert.ts';
import type { Gate } from '#domain/gate.ts';
import { type Incident, outcomeSchema } from '#domain/incident.ts';
import { formatObject } from '#domain/object-ref.ts';
import { toMs } from '#domain/time.ts';
import { formatDuration } from '../duration.ts';
import type { Milestones } from '../milestones.ts';
import { actionTitle } from './action-title.ts';
import { causeTitle } from './diagnosis-view.ts';
import { fieldLines } from './layout.ts';
import { clock, type Style, shortGateId, shortIncidentId } from './style.ts';
import { type Column, renderTable } from './table.ts';

export type ListOptions = {
  readonly style: Style;
  readonly columns: number | undefined;
  readonly nowMs: number;
};

/** Incidents, a line each: what is broken, where it stands, what is believed. */
export function renderIncidents(
  incidents: readonly Incident[],
  { style, columns, nowMs }: ListOptions,
): string {
  const { words, paint } = style;
  const header: Column[] = [
    { title: words.column.incident },
    { title: words.column.severity },
    { title: words.column.state },
    { title: words.column.service, shrinks: 'name' },
    { title: words.column.since, align: 'right' },
    { title: words.column.title, shrinks: 'name' },
    { title: words.column.belief, shrinks: 'sentence' },
  ];
  const rows = incidents.map((incident) => [
    shortIncidentId(incident.id),
    incident.severity.toUpperCase(),
    stateOf(incident, style),
    incident.service ?? '–',
    formatDuration(nowMs - toMs(incident.openedAt), words.units),
    incident.title,
    incident.belief ?? '–',
  ]);
  return renderTable(header, rows, { columns, title: paint.quiet });
}

/** Where an incident stands: who has it, how it ended, or its phase. */
function stateOf(incident: Incident, { words }: Style): string {
  if (incident.status === 'closed')
    return incident.outcome === undefined ? words.phase.closed : words.outcome[incident.outcome];
  if (incident.takenOverBy !== undefined) return words.incident.has(incident.takenOverBy);
  return words.phase[incident.phase];
}

/** Open questions, a line each: how long they wait still, and what is asked. */
export function renderGates(gates: readonly Gate[], { style, columns, nowMs }: ListOptions): string {
  const { words, paint, language } = style;
  const header: Column[] = [
    { title: words.column.gate },
    { title: words.column.left, align: 'right' },
    { title: words.column.risk },
    { title: words.column.environment },
    { title: words.column.what, shrinks: 'name' },
    { title: words.column.incident },
  ];
  const rows = gates.map((gate) => [
    shortGateId(gate.gateId),
    gate.status === 'open'
      ? formatDuration(toMs(gate.expiresAt) - nowMs, words.units)
      : words.gateStatus[gate.status],
    gate.riskClass,
    gate.environment,
    gate.what[language],
    shortIncidentId(gate.incidentId),
  ]);
  return renderTable(header, rows, { columns, title: paint.quiet });
}

/** An incident's heading: what it is, where it stands, what is believed, and the alerts that told it. */
export function renderIncidentHead(
  incident: Incident,
  alerts: readonly Alert[],
  style: Style,
  nowMs: number,
): string {
  const { words, paint } = style;
  const heading = `${paint.strong(incident.title)}  ${incident.severity.toUpperCase()} · ${stateOf(incident, style)}`;
  const where = [incident.service, incident.cluster, incident.environment].filter(
    (part) => part !== undefined,
  );
  const opened = `${clock(incident.openedAt, style)}${words.inParens(formatDuration(nowMs - toMs(incident.openedAt), words.units))}`;
  const lines = fieldLines(
    [
      [words.incident.id, incident.id],
      [words.incident.where, where.join(' · ')],
      [words.incident.openedAt, opened],
      [words.incident.belief, incident.belief ?? ''],
      [words.incident.alerts, alerts.map((alert) => alertText(alert, style))],
    ],
    { indent: 2, columns: style.columns, label: paint.quiet },
  );
  return [heading, ...lines].join('\n');
}

function alertText(alert: Alert, { words }: Style): string {
  const name = alert.labels.alertname ?? alert.fingerprint;
  const summary = alert.annotations.summary ?? alert.annotations.description ?? '';
  const text = `${name}${words.inParens(words.alertStatus[alert.status])}`;
  return summary === '' ? text : words.labelled(text, summary);
}

/** What is remembered of an incident, and how long it took. */
export function renderCase(known: Case, milestones: Milestones, style: Style): string {
  const { words, paint } = style;
  const steps = known.steps.map(
    (step) =>
      `${actionTitle(step.action, style)} ${formatObject(step.object)} → ${words.stepOutcome[step.outcome] ?? step.outcome}`,
  );
  const heading = `${paint.strong(words.caseRecord.title)}  ${paint.strong(known.title)}`;
  const lines = fieldLines(
    [
      [
        words.caseRecord.cause,
        known.cause === undefined ? '' : `${causeTitle(known.cause, style)}${words.inParens(known.cause)}`,
      ],
      [words.caseRecord.object, known.object === undefined ? '' : formatObject(known.object)],
      [words.caseRecord.done, steps],
      [
        words.caseRecord.outcome,
        outcomeSchema.safeParse(known.outcome).success
          ? words.outcome[outcomeSchema.parse(known.outcome)]
          : known.outcome,
      ],
      [words.caseRecord.story, known.story],
      [words.caseRecord.durations, durationsText(milestones, style)],
    ],
    { indent: 2, columns: style.columns, label: paint.quiet },
  );
  return [heading, ...lines].join('\n');
}

function durationsText({ diagnosedMs, approvedMs, mendedMs }: Milestones, { words }: Style): string {
  const parts = [
    diagnosedMs === undefined ? [] : [words.caseRecord.toDiagnosis(formatDuration(diagnosedMs, words.units))],
    approvedMs === undefined ? [] : [words.caseRecord.toApproval(formatDuration(approvedMs, words.units))],
    mendedMs === undefined ? [] : [words.caseRecord.toMended(formatDuration(mendedMs, words.units))],
  ];
  return parts.flat().join(' · ');
}
