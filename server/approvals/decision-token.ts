import { randomUUID } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { type Decision, decisionDigest } from '#domain/gate.ts';
import { type Instant, toMs } from '#domain/time.ts';
import type { KeyPair } from './signing-keys.ts';

/** What a decision token says: this user, this gate, exactly this decision. */
const claimsSchema = z.object({
  sub: z.string(),
  gateId: z.string(),
  argsHash: z.string(),
  decisionDigest: z.string(),
  channel: z.string(),
  jti: z.string(),
  iat: z.number(),
  exp: z.number(),
});
export type DecisionClaims = z.infer<typeof claimsSchema>;

const issuer = 'understudy-server';
const audience = 'understudy-decision';
/** From the signature to the moment at which Temporal stamps the signal: a call, and clocks that do not quite agree. */
const lifetimeSeconds = 60;
const clockToleranceSeconds = 5;

/** Signs the decision of an authenticated user. */
export function signDecision(
  keys: KeyPair,
  options: {
    readonly user: string;
    readonly decision: Omit<Decision, 'proof'>;
    readonly channel: string;
    readonly now: Instant;
  },
): Promise<string> {
  const { user, decision, channel, now } = options;
  const issuedAt = Math.floor(toMs(now) / 1000);
  const { gateId, argsHash } = decision;
  return new SignJWT({ gateId, argsHash, decisionDigest: decisionDigest(decision), channel })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'understudy-decision+jwt' })
    .setSubject(user)
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + lifetimeSeconds)
    .setJti(randomUUID())
    .sign(keys.privateKey);
}

export type TokenCheck =
  | { readonly ok: true; readonly claims: DecisionClaims }
  | { readonly ok: false; readonly why: 'token-invalid' | 'token-expired' };

/** Whose token it is, if it was good at that moment: ours, for this purpose, and not expired. */
export async function checkDecisionToken(keys: KeyPair, token: string, at: Instant): Promise<TokenCheck> {
  try {
    const { payload } = await jwtVerify(token, keys.publicKey, {
      ...{ issuer, audience, algorithms: ['EdDSA'], typ: 'understudy-decision+jwt' },
      currentDate: new Date(toMs(at)),
      clockTolerance: clockToleranceSeconds,
    });
    const claims = claimsSchema.safeParse(payload);
    return claims.success ? { ok: true, claims: claims.data } : { ok: false, why: 'token-invalid' };
  } catch (error) {
    if (error instanceof errors.JWTExpired) return { ok: false, why: 'token-expired' };
    if (error instanceof errors.JOSEError || error instanceof TypeError)
      return { ok: false, why: 'token-invalid' };
    throw error;
  }
}
