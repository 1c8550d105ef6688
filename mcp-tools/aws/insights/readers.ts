import { databaseLoad } from './database-load.ts';
import type { InsightReader } from './insight-reader.ts';
import { logInsights } from './log-groups.ts';
import { metricInsights } from './metrics.ts';

export const insightReaders: readonly InsightReader[] = [databaseLoad, logInsights, metricInsights];
