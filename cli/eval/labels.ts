import { z } from 'zod';

/**
 * What is right for a bundle. A list holds alternatives, any of which is right; an empty list of changes says that no change
 * did it; a key that is absent is not scored.
 */
export const labelSchema = z.object({
  bundle: z.string().min(1),
  verdict: z.enum(['fault', 'healthy', 'unknown']),
  causes: z.array(z.string()).optional(),
  /** `app/x`, `node/x`, `namespace/x`, or another kind in lower case with a name. */
  objects: z.array(z.string()).optional(),
  services: z.array(z.string()).optional(),
  changes: z.array(z.string()).optional(),
  group: z.string().optional(),
});
export type Label = z.infer<typeof labelSchema>;

export const labelsSchema = z.array(labelSchema).min(1);
