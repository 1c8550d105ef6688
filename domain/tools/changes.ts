import { z } from 'zod';
import { instantSchema } from '../time.ts';
import { defineTool, pageInput, pageOf } from './define-tool.ts';

export const changeSchema = z.object({
  /** What an answer names: a commit's SHA, a release's name, `Deployment/shop/checkout@7`. */
  id: z.string().min(1),
  at: instantSchema,
  kind: z.enum(['deploy', 'config', 'flag', 'commit', 'scale', 'infrastructure']),
  service: z.string().optional(),
  namespace: z.string().optional(),
  summary: z.string(),
  author: z.string().optional(),
  files: z.array(z.string()).optional(),
  diff: z.string().optional(),
  details: z.record(z.string(), z.unknown()).default({}),
});
export type Change = z.infer<typeof changeSchema>;

export const changesList = defineTool({
  server: 'changes',
  name: 'changes',
  title: 'What changed',
  description: 'Rollouts seen in the cluster and deploy events posted to us, newest first.',
  input: z.object({
    cluster: z.string().optional(),
    from: instantSchema,
    to: instantSchema,
    namespace: z.string().optional(),
    service: z.string().optional(),
    ...pageInput,
  }),
  output: pageOf(changeSchema),
  effect: 'read',
});
