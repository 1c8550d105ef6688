import type { z } from 'zod';
import type { Delivery } from '#domain/alert.ts';
import { canonicalJson, hashOf } from '#domain/hash.ts';
import type { Instant } from '#domain/time.ts';
import type { sendAlertRequestSchema } from '../api/schemas.ts';

/** A simple alert in our words. Without a group key of its own, its name and labels are what it is one incident by. */
export function deliveryOfSimpleAlert(
  alert: z.output<typeof sendAlertRequestSchema>,
  receivedAt: Instant,
): Delivery {
  const { name, status, severity, summary } = alert;
  const labels = { ...alert.labels, alertname: name, ...(severity === undefined ? {} : { severity }) };
  const annotations = { ...alert.annotations, ...(summary === undefined ? {} : { summary }) };
  const identity = canonicalJson({ ...alert.labels, alertname: name });
  return {
    source: 'api',
    receiver: 'api',
    groupKey: alert.groupKey ?? (identity.length <= 4096 ? identity : hashOf(identity)),
    status,
    groupLabels: { alertname: name },
    commonLabels: labels,
    commonAnnotations: annotations,
    alerts: [
      {
        fingerprint: hashOf({ ...alert.labels, alertname: name }).slice(0, 16),
        ...{ status, labels, annotations },
        ...(alert.startsAt === undefined
          ? { startsAt: receivedAt, startIsReceipt: true as const }
          : { startsAt: alert.startsAt }),
        ...(status === 'resolved' ? { endsAt: receivedAt } : {}),
      },
    ],
    truncatedAlerts: 0,
  };
}
