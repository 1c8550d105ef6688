import { z } from 'zod';
import { type GrantClaims, grantClaimsSchema } from '#domain/grant.ts';
import { type Instant, instantSchema } from '#domain/time.ts';
import { toJsonb } from './jsonb.ts';
import { parseFirst } from './row.ts';
import { writesStopped } from './switches.ts';
import type { Tx } from './tx.ts';

export const storedGrantSchema = z.object({
  claims: grantClaimsSchema,
  issuedAt: instantSchema,
  expiresAt: instantSchema,
  burntAt: instantSchema.optional(),
});
export type StoredGrant = z.infer<typeof storedGrantSchema>;

/** Puts a grant on record. A `conflict` where the gate has a live one: void that first. */
export async function putGrant(
  tx: Tx,
  grant: { readonly claims: GrantClaims; readonly issuedAt: Instant; readonly expiresAt: Instant },
): Promise<void> {
  const { claims, issuedAt, expiresAt } = grant;
  await tx.query(
    `INSERT INTO grants (jti, gate_id, step_id, claims, issued_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
    [claims.jti, claims.gateId, claims.stepId, toJsonb(claims), issuedAt, expiresAt],
  );
}

/** The gate's live grant, burnt or not, or undefined. */
export async function grantOf(tx: Tx, gateId: string): Promise<StoredGrant | undefined> {
  const rows = await tx.query(
    'SELECT claims, issued_at, expires_at, burnt_at FROM grants WHERE gate_id = $1 AND voided_at IS NULL',
    [gateId],
  );
  return parseFirst(storedGrantSchema, rows);
}

/** Makes a grant useless, so that another one can take its place. */
export async function voidGrant(tx: Tx, jti: string, at: Instant): Promise<void> {
  await tx.query('UPDATE grants SET voided_at = $2 WHERE jti = $1 AND voided_at IS NULL', [jti, at]);
}

/**
 * Uses a grant up. True once: false for one that is unknown, used, replaced or expired, and while all writes are stopped.
 */
export async function burnGrant(tx: Tx, jti: string, at: Instant): Promise<boolean> {
  if (await writesStopped(tx)) return false;
  const rows = await tx.query(
    `UPDATE grants SET burnt_at = $2
     WHERE jti = $1 AND burnt_at IS NULL AND voided_at IS NULL AND expires_at > $2 RETURNING jti`,
    [jti, at],
  );
  return rows.length > 0;
}
