import type { ActiveAlert, alertmanagerListAlerts } from '#domain/tools/alertmanager.ts';
import type { ToolOutput } from '#domain/tools/define-tool.ts';
import { digestOfPage } from '../runtime/digest.ts';

function lineOfAlert(alert: ActiveAlert): string {
  const labels = Object.entries(alert.labels).map(([name, value]) => `${name}="${value}"`);
  const held = [
    ...alert.silencedBy.map((id) => `silence ${id}`),
    ...alert.inhibitedBy.map((id) => `alert ${id}`),
  ];
  const by = held.length === 0 ? '' : ` by ${held.join(', ')}`;
  const summary = alert.annotations.summary ?? alert.annotations.description ?? '';
  return `${alert.state}${by} since ${alert.startsAt} {${labels.join(',')}} ${summary}`.trimEnd();
}

/** What models read: an alert a line. */
export function digestAlerts(page: ToolOutput<typeof alertmanagerListAlerts>): string {
  return digestOfPage(page, lineOfAlert);
}
