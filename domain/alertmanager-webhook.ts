import { z } from 'zod';
import type { Alert, Delivery } from './alert.ts';
import { hashOf } from './hash.ts';
import { instantSchema } from './time.ts';

const labelsSchema = z.record(z.string(), z.string());

/** Go's zero time, which stands for "none". */
const noTime = '0001-01-01T';

const alertSchema = z.object({
  status: z.enum(['firing', 'resolved']),
  labels: labelsSchema,
  annotations: labelsSchema.default({}),
  startsAt: instantSchema,
  endsAt: instantSchema.optional(),
  generatorURL: z.string().optional(),
  fingerprint: z.string().min(1).max(256).optional(),
});

/**
 * Alertmanager's webhook, version 4. What it has beside this is ignored, for it grows with every release.
 * https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
 */
export const alertmanagerSchema = z.object({
  groupKey: z.string().min(1),
  truncatedAlerts: z.int().min(0).default(0),
  status: z.enum(['firing', 'resolved']),
  receiver: z.string().min(1).max(1024),
  groupLabels: labelsSchema.default({}),
  commonLabels: labelsSchema.default({}),
  commonAnnotations: labelsSchema.default({}),
  externalURL: z.string().optional(),
  alerts: z.array(alertSchema).min(1),
});
export type AlertmanagerPayload = z.output<typeof alertmanagerSchema>;

function alertOf(alert: z.output<typeof alertSchema>): Alert {
  const { status, labels, annotations, startsAt, endsAt, generatorURL } = alert;
  const ended = status === 'resolved' && endsAt !== undefined && !endsAt.startsWith(noTime);
  return {
    fingerprint: alert.fingerprint ?? hashOf(labels).slice(0, 16),
    ...{ status, labels, annotations, startsAt },
    ...(ended ? { endsAt } : {}),
    ...(generatorURL === undefined ? {} : { generatorUrl: generatorURL }),
  };
}

const longestGroupKey = 4096;

/** The payload in our words. With `group_by: ['...']` the key holds every label: one that is very long goes by its hash. */
export function deliveryOfAlertmanager(payload: AlertmanagerPayload): Delivery {
  const { receiver, status, groupLabels, commonLabels, commonAnnotations, truncatedAlerts } = payload;
  return {
    source: 'alertmanager',
    groupKey: payload.groupKey.length <= longestGroupKey ? payload.groupKey : hashOf(payload.groupKey),
    ...{ receiver, status, groupLabels, commonLabels, commonAnnotations, truncatedAlerts },
    ...(payload.externalURL === undefined ? {} : { externalUrl: payload.externalURL }),
    alerts: payload.alerts.map(alertOf),
  };
}
