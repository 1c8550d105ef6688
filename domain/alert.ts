import { z } from 'zod';
import { hashOf } from './hash.ts';
import { instantSchema } from './time.ts';

const labelsSchema = z.record(z.string(), z.string());
export type Labels = Readonly<Record<string, string>>;

/** One alert as it was told to us, whatever format it came in. */
export const alertSchema = z.object({
  /** Identity of the alert's label set, as the sender gives it, else a hash of the labels. */
  fingerprint: z.string().min(1),
  status: z.enum(['firing', 'resolved']),
  labels: labelsSchema,
  annotations: labelsSchema,
  startsAt: instantSchema,
  /** The sender did not say when it began: `startsAt` is when it came, and another one at each repeat. */
  startIsReceipt: z.literal(true).optional(),
  /** Absent while it fires. */
  endsAt: instantSchema.optional(),
  generatorUrl: z.string().optional(),
});
export type Alert = z.infer<typeof alertSchema>;

export const intakeSources = ['alertmanager', 'api', 'patrol'] as const;
export type IntakeSource = (typeof intakeSources)[number];

/** One delivery: a group of alerts that came in together. */
export const deliverySchema = z.object({
  source: z.enum(intakeSources),
  receiver: z.string(),
  /** What the sender groups by; an incident is one (source, groupKey) while it is open. */
  groupKey: z.string().min(1).max(4096),
  status: z.enum(['firing', 'resolved']),
  groupLabels: labelsSchema,
  commonLabels: labelsSchema,
  commonAnnotations: labelsSchema,
  externalUrl: z.string().optional(),
  alerts: z.array(alertSchema).min(1),
  /** Alerts that the sender left out of the message. */
  truncatedAlerts: z.int().min(0),
});
export type Delivery = z.infer<typeof deliverySchema>;

/**
 * What makes two deliveries equal: the same source, receiver, group and status, and the same alerts in the same state.
 * Annotations do not count: they hold current values that change from one repeat to the next.
 */
export function deliveryHash(delivery: Delivery): string {
  const startOf = (alert: Alert) => (alert.startIsReceipt === true ? '' : alert.startsAt);
  const alerts = delivery.alerts.map((a) => `${a.fingerprint}|${a.status}|${startOf(a)}`).sort();
  return hashOf([delivery.source, delivery.receiver, delivery.groupKey, delivery.status, alerts]);
}

/** An equal delivery that comes within this time is the same one, sent again by the network or a second Alertmanager. */
export const duplicateWindowMs = 60_000;
