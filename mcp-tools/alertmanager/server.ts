import { alertmanagerListAlerts, alertmanagerListSilences } from '#domain/tools/alertmanager.ts';
import type { CallBudget } from '../back-ends/json-back-end.ts';
import { implement } from '../runtime/implement.ts';
import { defineToolServer, type ToolServer } from '../runtime/server.ts';
import { createAlertmanagerClient, defaultAlertmanagerBudget } from './client.ts';
import { digestAlerts } from './digests.ts';
import { listAlerts, listSilences } from './list.ts';

export type AlertmanagerOptions = {
  /** Address without `/api/v2`. */
  readonly url: string;
  readonly limits?: Partial<CallBudget>;
};

/** Reads one Alertmanager: what fires, and what is silenced or inhibited. Silences are made elsewhere. */
export function createAlertmanagerServer(options: AlertmanagerOptions): ToolServer {
  const budget = { ...defaultAlertmanagerBudget, ...options.limits };
  const client = createAlertmanagerClient({ url: options.url, budget });
  return defineToolServer({
    name: 'alertmanager',
    version: '1',
    tools: [
      implement(alertmanagerListAlerts, (input, context) => listAlerts(client, input, context), {
        digest: digestAlerts,
      }),
      implement(alertmanagerListSilences, (input, context) => listSilences(client, input, context)),
    ],
  });
}
