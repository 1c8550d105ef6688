import { z } from 'zod';

/**
 * Who a metric, log line or span speaks of. Every field that is given must match. `source` and `destination` name the two
 * ends of a call edge.
 */
export const emitterSchema = z.object({
  namespace: z.string().optional(),
  service: z.string().optional(),
  workload: z.string().optional(),
  pod: z.string().optional(),
  container: z.string().optional(),
  node: z.string().optional(),
  version: z.string().optional(),
  source: z.string().optional(),
  destination: z.string().optional(),
});
export type Emitter = z.infer<typeof emitterSchema>;
