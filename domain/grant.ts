import { z } from 'zod';
import { riskClassSchema } from './risk.ts';

/**
 * What a grant says: a signed, single-use, short-lived permission for one effect. The server signs it, workers carry it,
 * and the tool server that writes checks and burns it.
 */
export const grantClaimsSchema = z.object({
  /** The grant's id: what is burnt. */
  jti: z.string(),
  gateId: z.string(),
  incidentId: z.string(),
  /** The idempotency key of the step. */
  stepId: z.string(),
  argsHash: z.string(),
  action: z.string(),
  cluster: z.string(),
  policyVersion: z.string(),
  riskClass: riskClassSchema,
  /** Who approved; empty where policy asked nobody. */
  approvedBy: z.array(z.string()),
  iat: z.int(),
  exp: z.int(),
});
export type GrantClaims = z.infer<typeof grantClaimsSchema>;

export const grantAudience = 'understudy-actions';
export const grantIssuer = 'understudy-server';
