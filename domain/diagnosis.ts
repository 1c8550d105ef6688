import { z } from 'zod';
import { causeCodeSchema } from './causes/catalogue.ts';
import { objectRefSchema } from './object-ref.ts';

/** The diagnosis contract, version 1 (`understudy-diagnosis/1`). */
export const quoteSchema = z.object({
  /** The tool server or bundle source that holds the string. */
  source: z.string().min(1),
  /** Where in the source: `Event shop/adservice-…`, `Deployment shop/cart .spec.replicas`. */
  ref: z.string().min(1),
  /** A literal part of a string that the source holds, or one sample as `name{labels} value timestamp`. */
  quote: z.string().min(1),
  /** 0..1: how much it counts. */
  weight: z.number().min(0).max(1),
  /** The evidence row that holds it, where there is one. */
  evidenceId: z.string().optional(),
});
export type Quote = z.infer<typeof quoteSchema>;

export const proposedStepSchema = z.object({
  action: z.string().min(1),
  object: objectRefSchema,
  arguments: z.record(z.string(), z.unknown()),
  why: z.string(),
  undo: z.string(),
});
export type ProposedStep = z.infer<typeof proposedStepSchema>;

export const hypothesisSchema = z.object({
  cause: causeCodeSchema,
  /** What must be changed to fix it. */
  object: objectRefSchema,
  service: z.string().optional(),
  /** Id of the change that caused it, where one did. */
  change: z.string().optional(),
  confidence: z.number().min(0).max(1),
  explanation: z.string(),
  evidence: z.array(quoteSchema).min(1),
  against: z.array(quoteSchema),
  chain: z.array(z.string()),
});
export type Hypothesis = z.infer<typeof hypothesisSchema>;

/** Above this a hypothesis counts as a fault; a `healthy` verdict has none above it. */
export const healthyConfidenceCeiling = 0.3;

export const diagnosisSchema = z
  .object({
    format: z.literal('understudy-diagnosis/1'),
    verdict: z.enum(['fault', 'healthy', 'unknown']),
    summary: z.string().min(1),
    hypotheses: z.array(hypothesisSchema).max(5),
    ruledOut: z.array(z.object({ cause: causeCodeSchema, object: objectRefSchema, why: z.string() })),
    gaps: z.array(z.string()),
    proposedFix: z.array(proposedStepSchema),
  })
  .superRefine((diagnosis, context) => {
    if (diagnosis.verdict === 'fault' && diagnosis.hypotheses.length === 0) {
      context.addIssue({ code: 'custom', message: 'a fault needs a hypothesis', path: ['hypotheses'] });
    }
    if (diagnosis.verdict !== 'fault' && diagnosis.proposedFix.length > 0) {
      context.addIssue({ code: 'custom', message: 'only a fault may propose a fix', path: ['proposedFix'] });
    }
    if (
      diagnosis.verdict === 'healthy' &&
      diagnosis.hypotheses.some((h) => h.confidence > healthyConfidenceCeiling)
    ) {
      context.addIssue({
        code: 'custom',
        message: 'healthy allows no hypothesis above 0.3',
        path: ['hypotheses'],
      });
    }
  });
export type Diagnosis = z.infer<typeof diagnosisSchema>;
