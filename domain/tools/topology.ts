import { z } from 'zod';
import { defineTool, pageInput, pageOf } from './define-tool.ts';

export const topologyEdgeSchema = z.object({
  /** Calls. */
  from: z.string(),
  /** Is called. */
  to: z.string(),
  /** Where it is known from: `metrics`, `traces`, `env`, `file` … */
  source: z.string().optional(),
});
export type TopologyEdge = z.infer<typeof topologyEdgeSchema>;

export const topologyEdges = defineTool({
  server: 'topology',
  name: 'topology_edges',
  title: 'Who calls whom',
  description: 'Call edges between services, from call metrics, traces, environment variables or a file.',
  input: z.object({
    cluster: z.string().optional(),
    namespace: z.string().optional(),
    service: z.string().optional(),
    ...pageInput,
  }),
  output: pageOf(topologyEdgeSchema),
  effect: 'read',
});
