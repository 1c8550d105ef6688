import type { z } from 'zod';
import type { cloudInsightSchema } from '#domain/tools/cloud.ts';
import type { TimeWindow } from '../../back-ends/window.ts';
import type { Reader, Reading } from '../reading.ts';

export type CloudInsight = z.output<typeof cloudInsightSchema>;
/** What is asked for: a window, one resource by its name or all, and log groups beside those of the resources. */
export type InsightsAsked = TimeWindow & {
  readonly resource: string | undefined;
  readonly logGroups: readonly string[];
};
export type InsightReader = Reader<CloudInsight, InsightsAsked>;
export type InsightReading = Reading<CloudInsight>;

export function isAsked(name: string | undefined, { resource }: InsightsAsked): name is string {
  return name !== undefined && (resource === undefined || name === resource);
}

export const round = (value: number): number => Number(value.toPrecision(6));
