import { z } from 'zod';
import { objectRefSchema } from './object-ref.ts';
import { instantSchema } from './time.ts';
import { levelKinds } from './tools/prometheus.ts';

/** What a patrol sees: something that does not work, a signal that moved, something that will be used up. */
export const patrolKinds = ['fault', 'signal', 'forecast'] as const;

/** The names of the alerts by which patrols open incidents. */
export const patrolAlertNames = {
  fault: 'PatrolFault',
  signal: 'PatrolSignal',
  forecast: 'PatrolForecast',
} as const satisfies Readonly<Record<(typeof patrolKinds)[number], string>>;

/** When a level reaches its limit. Of a certificate the three moments are one. */
export const patrolForecastSchema = z.object({
  what: z.enum(levelKinds),
  /** Which of the object's: a mount point, a quota's resource, a container. */
  part: z.string().optional(),
  /** Part of the limit that is used now. */
  level: z.number().optional(),
  perDay: z.number().optional(),
  notBefore: instantSchema,
  about: instantSchema,
  atLatest: instantSchema,
});
export type PatrolForecast = z.infer<typeof patrolForecastSchema>;

export const patrolSightingSchema = z.object({
  /** Equal for the same trouble in two looks. */
  key: z.string(),
  kind: z.enum(patrolKinds),
  object: objectRefSchema,
  /** A code of the cause catalogue, or the kind of signal or level. */
  cause: z.string(),
  message: z.string(),
  since: instantSchema.optional(),
  /** One look proves it. */
  isCertain: z.boolean(),
  /** Near enough, or bad enough, that somebody must look at it; the others are shown. */
  isFelt: z.boolean(),
  forecast: patrolForecastSchema.optional(),
});
export type PatrolSighting = z.infer<typeof patrolSightingSchema>;

/** What patrols remember of a trouble, from its first sight to its last. */
export const patrolWatchSchema = z.object({
  sighting: patrolSightingSchema,
  firstSeenAt: instantSchema,
  lastSeenAt: instantSchema,
  looks: z.int(),
  /** It was there when patrols began. */
  isOld: z.boolean(),
  /** Since when it is not seen any more. */
  goneAt: instantSchema.optional(),
  /** When an incident was opened for it, or had it already. */
  reportedAt: instantSchema.optional(),
});
export type PatrolWatch = z.infer<typeof patrolWatchSchema>;

/** How a patrol stands after its last look. */
export const patrolStateSchema = z.object({
  name: z.string(),
  firstLookAt: instantSchema,
  lastLookAt: instantSchema,
  /** When forecasts were last made. */
  levelsAt: instantSchema.optional(),
  /** What could not be looked at, and why. */
  gaps: z.array(z.string()),
});
export type PatrolState = z.infer<typeof patrolStateSchema>;

type Judged = PatrolSighting & { readonly isNews: boolean };

/** What a first look brought that is new: what one look proves, and what must last. */
export function newsOf<Finding extends Judged>(
  findings: readonly Finding[],
): { readonly certain: readonly Finding[]; readonly unsure: readonly Finding[] } {
  const news = findings.filter(({ isNews }) => isNews);
  return {
    certain: news.filter(({ isCertain }) => isCertain),
    unsure: news.filter(({ isCertain }) => !isCertain),
  };
}

/** What was unsure at the first look and is there at the second, as the second saw it. */
export function lastingOf<Finding extends Judged>(
  unsure: readonly Finding[],
  second: readonly Finding[],
): readonly Finding[] {
  const keys = new Set(unsure.map(({ key }) => key));
  return second.filter(({ key }) => keys.has(key));
}
