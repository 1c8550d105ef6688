import { z } from 'zod';
import { instantSchema } from './time.ts';

/** A call of a tool that an agent asks for. */
export const toolCallSchema = z.object({
  server: z.string().min(1),
  tool: z.string().min(1),
  arguments: z.record(z.string(), z.unknown()),
  /** Why it is asked, in a few words: shown in the timeline and as the activity's summary. */
  why: z.string(),
});
export type ToolCall = z.infer<typeof toolCallSchema>;

/**
 * What one tool call brought. `output` is the tool's structured content with its pages drained into one; `gaps` says in
 * words what could not be looked at. A call that failed is evidence too: of what is not known.
 */
export const evidenceSchema = z.object({
  id: z.string(),
  call: toolCallSchema,
  asOf: instantSchema,
  output: z.unknown(),
  digest: z.string(),
  truncated: z.boolean(),
  gaps: z.array(z.string()),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});
export type Evidence = z.infer<typeof evidenceSchema>;

/** What a workflow carries of evidence: never the data. */
export const evidenceReceiptSchema = evidenceSchema
  .pick({ id: true, digest: true, truncated: true, gaps: true })
  .extend({
    failed: z.boolean(),
  });
export type EvidenceReceipt = z.infer<typeof evidenceReceiptSchema>;
