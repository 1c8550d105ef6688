import { z } from 'zod';
import { defineTool, pageInput, pageOf } from './define-tool.ts';

export const probeResultSchema = z.object({
  kind: z.string(),
  from: z.string().optional(),
  to: z.object({
    namespace: z.string().optional(),
    service: z.string().optional(),
    host: z.string().optional(),
    port: z.int().optional(),
  }),
  ok: z.boolean(),
  detail: z.string().optional(),
});
export type ProbeResult = z.infer<typeof probeResultSchema>;

export const probeResults = defineTool({
  server: 'probes',
  name: 'probe_results',
  title: 'Results of active checks',
  description: 'TCP, HTTP and DNS checks that were made, with what they found.',
  input: z.object({
    cluster: z.string().optional(),
    namespace: z.string().optional(),
    service: z.string().optional(),
    ...pageInput,
  }),
  output: pageOf(probeResultSchema),
  effect: 'read',
});
