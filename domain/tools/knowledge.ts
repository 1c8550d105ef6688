import { z } from 'zod';
import { causeCodeSchema } from '../causes/catalogue.ts';
import { objectRefSchema } from '../object-ref.ts';
import { instantSchema } from '../time.ts';
import { defineTool, pageInput, pageOf } from './define-tool.ts';

export const similarCaseSchema = z.object({
  id: z.string(),
  incidentId: z.string(),
  title: z.string(),
  cause: causeCodeSchema.optional(),
  object: objectRefSchema.optional(),
  outcome: z.string(),
  steps: z.array(z.object({ action: z.string(), outcome: z.string() })),
  closedAt: instantSchema,
  durationSeconds: z.number(),
  /** 0..1, higher is more alike. */
  similarity: z.number().min(0).max(1),
});
export type SimilarCase = z.infer<typeof similarCaseSchema>;

export const knowledgeSimilarCases = defineTool({
  server: 'knowledge',
  name: 'similar_cases',
  title: 'Similar cases',
  description: 'Closed incidents with the same alert, service or cause: what it was and what helped.',
  input: z.object({
    alertName: z.string().optional(),
    service: z.string().optional(),
    cause: causeCodeSchema.optional(),
    words: z.string().optional(),
    limit: z.int().min(1).max(20).default(5),
  }),
  output: pageOf(similarCaseSchema),
  effect: 'read',
});

export const runbookSchema = z.object({
  id: z.string(),
  title: z.string(),
  causes: z.array(causeCodeSchema),
  text: z.string(),
  /** How often it was followed and how often it helped. */
  used: z.int(),
  helped: z.int(),
});
export type Runbook = z.infer<typeof runbookSchema>;

export const knowledgeSearchRunbooks = defineTool({
  server: 'knowledge',
  name: 'runbooks_search',
  title: 'Search runbooks',
  description: 'Runbooks by words (English or Chinese) or cause.',
  input: z.object({ words: z.string().optional(), cause: causeCodeSchema.optional(), ...pageInput }),
  output: pageOf(runbookSchema),
  effect: 'read',
});
