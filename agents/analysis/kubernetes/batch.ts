import { z } from 'zod';
import { kindReader } from './kind-reader.ts';
import { conditionsSchema, count, flag, listOf, maybe, text } from './partial.ts';

export const jobsOf = kindReader(
  'Job',
  'batch',
  z.looseObject({
    spec: maybe(
      z.looseObject({ suspend: flag, backoffLimit: count, activeDeadlineSeconds: count, completions: count }),
    ),
    status: maybe(
      z.looseObject({
        active: count,
        failed: count,
        succeeded: count,
        startTime: text,
        completionTime: text,
        conditions: conditionsSchema,
      }),
    ),
  }),
);
export type Job = ReturnType<typeof jobsOf>[number];

export const cronJobs = kindReader(
  'CronJob',
  'batch',
  z.looseObject({
    spec: maybe(
      z.looseObject({
        schedule: text,
        timeZone: text,
        suspend: flag,
        concurrencyPolicy: text,
        startingDeadlineSeconds: count,
      }),
    ),
    status: maybe(
      z.looseObject({
        lastScheduleTime: text,
        lastSuccessfulTime: text,
        active: listOf(z.looseObject({ name: text })),
      }),
    ),
  }),
);
export type CronJob = ReturnType<typeof cronJobs>[number];
