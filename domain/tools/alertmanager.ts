import { z } from 'zod';
import { alertSchema } from '../alert.ts';
import { instantSchema } from '../time.ts';
import { defineTool, pageInput, pageOf } from './define-tool.ts';

export const activeAlertSchema = alertSchema.extend({
  state: z.enum(['active', 'suppressed', 'unprocessed']),
  silencedBy: z.array(z.string()),
  inhibitedBy: z.array(z.string()),
});
export type ActiveAlert = z.infer<typeof activeAlertSchema>;

export const matcherSchema = z.object({
  name: z.string().min(1),
  value: z.string(),
  isRegex: z.boolean(),
  isEqual: z.boolean().default(true),
});
export type Matcher = z.infer<typeof matcherSchema>;

export const alertmanagerListAlerts = defineTool({
  server: 'alertmanager',
  name: 'alerts_active',
  title: 'Active alerts',
  description: 'Alerts that are firing now, with what silences or inhibits them.',
  input: z.object({ matchers: z.array(matcherSchema).default([]), ...pageInput }),
  output: pageOf(activeAlertSchema),
  effect: 'read',
});

export const silenceSchema = z.object({
  id: z.string(),
  matchers: z.array(matcherSchema),
  startsAt: instantSchema,
  endsAt: instantSchema,
  createdBy: z.string(),
  comment: z.string(),
  state: z.enum(['active', 'pending', 'expired']),
});

export const alertmanagerListSilences = defineTool({
  server: 'alertmanager',
  name: 'silences_list',
  title: 'Silences',
  description: 'Silences, active ones first.',
  input: z.object({ state: z.enum(['any', 'active']).default('active'), ...pageInput }),
  output: pageOf(silenceSchema),
  effect: 'read',
});
