import { fromMs } from '#domain/time.ts';
import type { IncidentReading } from '../wire.ts';

/** What Alertmanager would have posted at the end of an incident's alerts. */
export function resolvedWebhook(
  { incident, alerts }: Pick<IncidentReading, 'incident' | 'alerts'>,
  nowMs: number,
): unknown {
  return {
    version: '4',
    groupKey: incident.groupKey,
    status: 'resolved',
    receiver: 'understudy',
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: '',
    truncatedAlerts: 0,
    alerts: alerts.map(({ labels, annotations, startsAt, fingerprint }) => ({
      ...{ status: 'resolved', labels, annotations, startsAt, fingerprint },
      endsAt: fromMs(nowMs),
      generatorURL: '',
    })),
  };
}
