import type { AgentView, Conclusion, TriedStep } from '#domain/agent-turn.ts';
import { formatObject } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import type { TaskRules } from '../define-agent.ts';
import { formatValue } from '../diagnosis/readings.ts';
import { countingAlerts } from '../subject.ts';

/** `14:03:07 UTC on 2025-11-21`. */
function spoken(instant: string): string {
  const iso = new Date(instant).toISOString();
  return `${iso.slice(11, 19)} UTC on ${iso.slice(0, 10)}`;
}

function duration(seconds: number): string {
  const rounded = Math.max(0, Math.round(seconds));
  if (rounded < 120) return `${rounded} seconds`;
  return rounded < 7200 ? `${Math.round(rounded / 60)} minutes` : `${(rounded / 3600).toFixed(1)} hours`;
}

function alertSentence(view: AgentView): string {
  const [worst] = countingAlerts(view.alerts);
  const title = view.findings.triage?.title ?? view.incident.title;
  if (worst === undefined) return `${title}.`;
  const count = view.alerts.length === 1 ? '' : ` (${view.alerts.length} alerts)`;
  return `${worst.labels.alertname ?? 'An alert'} fired at ${spoken(worst.startsAt)}${count}: ${title.replace(/\.$/, '')}.`;
}

function signalSentence(view: AgentView): string | undefined {
  const worst = (view.findings.observation?.moved ?? []).filter(({ score }) => score > 0).slice(0, 2);
  if (worst.length === 0) return undefined;
  const told = worst.map(
    ({ signal, service, before, now, unit }) =>
      `${signal} of ${service ?? 'an unnamed part'} went from ${formatValue(before ?? undefined, unit)} to ${formatValue(now ?? undefined, unit)}`,
  );
  return `${told.join(', and ')}.`;
}

function causeSentence(view: AgentView): string | undefined {
  const { diagnosis } = view.findings;
  if (diagnosis === undefined) return undefined;
  const [top] = diagnosis.hypotheses;
  if (diagnosis.verdict !== 'fault' || top === undefined) return diagnosis.summary;
  return `The cause was found in ${formatObject(top.object)} (${top.cause}, ${Math.round(top.confidence * 100)} % sure). ${top.explanation}`;
}

const endings: Readonly<Record<TriedStep['result']['outcome'], string>> = {
  verified: 'was taken and it helped',
  undone: 'was taken, did not help and was taken back',
  failed: 'was taken, did not help and could not be taken back',
  rejected: 'was rejected by a person',
  expired: 'was decided by nobody in time',
  withdrawn: 'was withdrawn',
  refused: 'was refused',
  proposed: 'was only proposed',
};

function stepSentences(view: AgentView): string[] {
  return view.tried.map(({ action, object, result }) => {
    const reason = result.reason === undefined || result.reason === '' ? '' : ` ("${result.reason}")`;
    return `${action} on ${formatObject(object)} ${endings[result.outcome]}${reason}: ${result.detail.replace(/\.$/, '')}.`;
  });
}

const outcomes: Readonly<Record<string, string>> = {
  mended: 'It is mended and was checked',
  healthy: 'Nothing was wrong, or no longer',
  resolved: 'It ended without a step of ours',
  'handed-over': 'It was handed over to a person',
};

function outcomeOf(view: AgentView): string {
  if (view.incident.outcome !== undefined) return view.incident.outcome;
  if (view.tried.some(({ result }) => result.outcome === 'verified')) return 'mended';
  return view.findings.diagnosis?.verdict === 'healthy' ? 'healthy' : 'resolved';
}

function judge(view: AgentView): Conclusion {
  const outcome = outcomeOf(view);
  const start = countingAlerts(view.alerts)[0]?.startsAt ?? view.incident.openedAt;
  const took = duration(secondsBetween(start, view.asOf));
  const sentences = [
    alertSentence(view),
    signalSentence(view),
    causeSentence(view),
    ...stepSentences(view),
    `${outcomes[outcome] ?? `It ended as ${outcome}`}, ${took} after the alert.`,
  ];
  return { outcome, story: sentences.filter((sentence) => sentence !== undefined).join(' ') };
}

/** The incident as a story: what was told, what was seen, what it was, what was done and how it ended. */
export const conclude: TaskRules<'conclude'> = { needs: () => [], judge };
