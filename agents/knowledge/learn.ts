import type { AgentView, Case } from '#domain/agent-turn.ts';
import type { TaskRules } from '../define-agent.ts';
import { isHandOver } from '../define-agent.ts';
import { formatValue } from '../diagnosis/readings.ts';
import { conclude } from '../master/conclude.ts';
import { subjectOf } from '../subject.ts';

const mostSymptoms = 12;

function symptoms(view: AgentView): string[] {
  const alerts = view.alerts.map(({ labels, annotations }) => annotations.summary ?? labels.alertname ?? '');
  const signals = (view.findings.observation?.moved ?? [])
    .filter(({ score }) => score > 0)
    .map(
      ({ signal, service, before, now, unit }) =>
        `${signal} of ${service ?? 'unknown'}: ${formatValue(before ?? undefined, unit)} → ${formatValue(now ?? undefined, unit)}`,
    );
  return [...new Set([...alerts, ...signals].filter((symptom) => symptom !== ''))].slice(0, mostSymptoms);
}

/** The hypothesis that a verified step proved; without one, the best that was left. */
function provedCause(view: AgentView): Pick<Case, 'cause' | 'object'> {
  const proved = view.tried.find(({ result }) => result.outcome === 'verified');
  if (proved !== undefined) return { cause: proved.cause, object: proved.object };
  const { diagnosis } = view.findings;
  const [top] = diagnosis?.verdict === 'fault' ? diagnosis.hypotheses : [];
  return top === undefined ? {} : { cause: top.cause, object: top.object };
}

function judge(view: AgentView): Case {
  const { alertNames, services } = subjectOf(view);
  const ending = conclude.judge(view);
  const story = isHandOver(ending) ? ending.handOver : ending.story;
  const outcome = isHandOver(ending) ? 'handed-over' : ending.outcome;
  return {
    title: view.findings.triage?.title ?? view.incident.title,
    alertNames: [...alertNames],
    ...(services[0] === undefined ? {} : { service: services[0] }),
    symptoms: symptoms(view),
    ...provedCause(view),
    outcome,
    steps: view.tried.map(({ action, object, result }) => ({ action, object, outcome: result.outcome })),
    story,
  };
}

/** The closed incident as a case: what the next search finds. */
export const learn: TaskRules<'learn'> = { needs: () => [], judge };
