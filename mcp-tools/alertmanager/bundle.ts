import { z } from 'zod';
import { hashOf } from '#domain/hash.ts';
import { instantSchema } from '#domain/time.ts';
import {
  alertmanagerListAlerts,
  alertmanagerListSilences,
  type Matcher,
} from '#domain/tools/alertmanager.ts';
import { type Bundle, notInBundle } from '../bundle/open-bundle.ts';
import { implement, type ToolImplementation } from '../runtime/implement.ts';
import { pageOfList } from '../runtime/paging.ts';
import { digestAlerts } from './digests.ts';
import { activeAlert, compareAlerts } from './list.ts';

const labelsSchema = z.record(z.string(), z.string());
const active = { state: 'active' as const, silencedBy: [], inhibitedBy: [] };

/** As `GET /api/v2/alerts` answers; a recorded one may lack what only a running Alertmanager knows. */
const recordedSchema = z.looseObject({
  fingerprint: z.string().min(1).optional(),
  labels: labelsSchema,
  annotations: labelsSchema.default({}),
  startsAt: instantSchema,
  generatorURL: z.string().optional(),
  status: z
    .object({
      state: z.enum(['active', 'suppressed', 'unprocessed']).default('active'),
      silencedBy: z.array(z.string()).default([]),
      inhibitedBy: z.array(z.string()).default([]),
    })
    .default(active),
});

function fits(labels: Readonly<Record<string, string>>, { name, value, isRegex, isEqual }: Matcher): boolean {
  const own = labels[name] ?? '';
  const same = isRegex ? new RegExp(`^(?:${value})$`).test(own) : own === value;
  return same === isEqual;
}

async function listAlerts(bundle: Bundle, input: z.output<typeof alertmanagerListAlerts.input>) {
  const read = await bundle.array('alerts.json', recordedSchema);
  if (read === undefined) return pageOfList([], input, { gaps: [notInBundle('other alerts')] });
  const items = read.items
    .map((alert) =>
      activeAlert({ ...alert, fingerprint: alert.fingerprint ?? hashOf(alert.labels).slice(0, 16) }),
    )
    .filter(({ labels }) => input.matchers.every((matcher) => fits(labels, matcher)))
    .sort(compareAlerts);
  return pageOfList(items, input, { gaps: read.gaps });
}

/** What `alertmanager` answers from `alerts.json`; silences are not recorded. */
export function alertmanagerOfBundle(bundle: Bundle): ToolImplementation[] {
  return [
    implement(alertmanagerListAlerts, (input) => listAlerts(bundle, input), { digest: digestAlerts }),
    implement(alertmanagerListSilences, async (input) =>
      pageOfList([], input, { gaps: [notInBundle('silences')] }),
    ),
  ];
}
