import type { AgentView, Triage } from '#domain/agent-turn.ts';
import type { Alert } from '#domain/alert.ts';
import { formatObject } from '#domain/object-ref.ts';
import { unknownCluster, unmappedEnvironment } from '#domain/service-catalogue.ts';
import { severityOfWord, worseSeverity } from '#domain/severity.ts';
import type { HandOver, TaskRules } from '../define-agent.ts';
import { countingAlerts, objectOfLabels, targetOfAlert } from '../subject.ts';
import { isTestAlert } from './test-alert.ts';

function titleOf(alert: Alert, where: string | undefined): string {
  const summary = alert.annotations.summary ?? alert.annotations.title ?? alert.annotations.message;
  const name = alert.labels.alertname ?? 'Alert';
  const title =
    summary === undefined || summary.trim() === ''
      ? `${name}${where === undefined ? '' : ` on ${where}`}`
      : summary;
  return title.split('\n')[0]?.slice(0, 200) ?? name;
}

/** Whether an alert's labels name an object, or a service that is known. */
function namesSomething({ labels }: Alert, { services, clusters }: AgentView): boolean {
  const target = targetOfAlert(labels, services, clusters);
  return target.entry !== undefined || objectOfLabels(labels, target) !== undefined;
}

function judge(view: AgentView): Triage | HandOver {
  const alerts = countingAlerts(view.alerts);
  const [worst] = alerts;
  if (worst === undefined) return { handOver: 'the incident has no alert' };
  const target = targetOfAlert(worst.labels, view.services, view.clusters);
  const isTest = alerts.every((alert) => isTestAlert(alert, namesSomething(alert, view)));
  if (target.cluster === unknownCluster && view.clusters.length > 1 && !isTest) {
    return {
      handOver: `which cluster is it? The alert names none, and there are several: ${view.clusters.join(', ')}. Add a "cluster" label to what the rule reads, or list the service in the catalogue`,
    };
  }
  const object = objectOfLabels(worst.labels, target);
  const severity = alerts
    .map(({ labels }) => severityOfWord(labels.severity ?? labels.priority ?? labels.level))
    .reduce(worseSeverity);
  const where = target.service ?? (object === undefined ? target.namespace : formatObject(object));
  // The intake knows the whole catalogue, namespaces included; here only its services are known.
  const environment = target.entry?.environment ?? view.incident.environment ?? unmappedEnvironment;
  const told = `${alerts.length} ${alerts.length === 1 ? 'alert' : 'alerts'}, the worst ${worst.labels.alertname ?? 'without a name'} since ${worst.startsAt}`;
  return {
    severity,
    title: titleOf(worst, where),
    ...(target.service === undefined ? {} : { service: target.service }),
    cluster: target.cluster,
    environment,
    ...(target.namespace === undefined ? {} : { namespace: target.namespace }),
    ...(object === undefined ? {} : { object }),
    isTest,
    why: isTest
      ? `${told}; it is a test and points to nothing that could be broken`
      : `${told}; it points to ${where ?? 'nothing that is known'} in ${environment}`,
  };
}

/** What is at stake and where to look, from the alerts' labels alone. */
export const triage: TaskRules<'triage'> = { needs: () => [], judge };
