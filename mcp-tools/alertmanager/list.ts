import type { z } from 'zod';
import type {
  ActiveAlert,
  alertmanagerListAlerts,
  alertmanagerListSilences,
} from '#domain/tools/alertmanager.ts';
import type { ToolOutput } from '#domain/tools/define-tool.ts';
import { pageOfList } from '../runtime/paging.ts';
import type { ToolContext } from '../runtime/tool-context.ts';
import type { AlertmanagerClient, RawAlert, RawSilence } from './client.ts';

const alertOrder: readonly ActiveAlert['state'][] = ['active', 'unprocessed', 'suppressed'];
const silenceOrder: readonly RawSilence['status']['state'][] = ['active', 'pending', 'expired'];

export function activeAlert(raw: RawAlert): ActiveAlert {
  const { fingerprint, labels, annotations, startsAt, generatorURL, status } = raw;
  return {
    // Resolved ones are not listed, and the end that is given is when it counts as resolved unless it is sent again.
    status: 'firing',
    ...{ fingerprint, labels, annotations, startsAt },
    ...(generatorURL === undefined || generatorURL === '' ? {} : { generatorUrl: generatorURL }),
    ...{ state: status.state, silencedBy: status.silencedBy, inhibitedBy: status.inhibitedBy },
  };
}

/** Firing ones first, the newest of them first. */
export function compareAlerts(a: ActiveAlert, b: ActiveAlert): number {
  return (
    alertOrder.indexOf(a.state) - alertOrder.indexOf(b.state) ||
    Date.parse(b.startsAt) - Date.parse(a.startsAt) ||
    (a.fingerprint < b.fingerprint ? -1 : 1)
  );
}

export async function listAlerts(
  client: AlertmanagerClient,
  input: z.output<(typeof alertmanagerListAlerts)['input']>,
  context: ToolContext,
): Promise<ToolOutput<typeof alertmanagerListAlerts>> {
  const alerts = (await client.alerts(input.matchers, context.signal)).map(activeAlert).sort(compareAlerts);
  const none =
    input.matchers.length === 0 ? 'no alert is active' : 'no active alert matches; leave out a matcher';
  return pageOfList(alerts, input, { hint: alerts.length === 0 ? none : undefined });
}

export async function listSilences(
  client: AlertmanagerClient,
  input: z.output<(typeof alertmanagerListSilences)['input']>,
  context: ToolContext,
): Promise<ToolOutput<typeof alertmanagerListSilences>> {
  const all = await client.silences(context.signal);
  const silences = all
    .map(({ status, ...silence }) => ({ ...silence, state: status.state }))
    .filter((silence) => input.state === 'any' || silence.state === 'active')
    .sort(
      (a, b) =>
        silenceOrder.indexOf(a.state) - silenceOrder.indexOf(b.state) ||
        Date.parse(a.endsAt) - Date.parse(b.endsAt) ||
        (a.id < b.id ? -1 : 1),
    );
  const none = all.length === 0 ? 'there are no silences' : 'no silence is active; ask for state "any"';
  return pageOfList(silences, input, { hint: silences.length === 0 ? none : undefined });
}
