import {
  type ActiveAlert,
  alertmanagerListAlerts,
  alertmanagerListSilences,
} from '#domain/tools/alertmanager.ts';
import type { CallBudget } from '../back-ends/json-back-end.ts';
import { digestOfPage } from '../runtime/digest.ts';
import { implement } from '../runtime/implement.ts';
import { defineToolServer, type ToolServer } from '../runtime/server.ts';
import { createAlertmanagerClient, defaultAlertmanagerBudget } from './client.ts';
import { listAlerts, listSilences } from './list.ts';

export type AlertmanagerOptions = {
  /** Address without `/api/v2`. */
  readonly url: string;
  readonly limits?: Partial<CallBudget>;
};

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

/** Reads one Alertmanager: what fires, and what is silenced or inhibited. Silences are made elsewhere. */
export function createAlertmanagerServer(options: AlertmanagerOptions): ToolServer {
  const budget = { ...defaultAlertmanagerBudget, ...options.limits };
  const client = createAlertmanagerClient({ url: options.url, budget });
  return defineToolServer({
    name: 'alertmanager',
    version: '1',
    tools: [
      implement(alertmanagerListAlerts, (input, context) => listAlerts(client, input, context), {
        digest: (page) => digestOfPage(page, lineOfAlert),
      }),
      implement(alertmanagerListSilences, (input, context) => listSilences(client, input, context)),
    ],
  });
}
