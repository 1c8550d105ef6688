import { z } from 'zod';
import { type Policy, policySchema, shippedPolicy } from '#domain/policy/policy.ts';
import type { Instant } from '#domain/time.ts';
import { toJsonb } from './jsonb.ts';
import { parseFirst } from './row.ts';
import type { Tx } from './tx.ts';

/** The policy in force; the shipped one until somebody writes another. Its version is `policyVersionOf` of it. */
export async function currentPolicy(tx: Tx): Promise<Policy> {
  const rows = await tx.query('SELECT policy FROM policies ORDER BY no DESC LIMIT 1');
  return parseFirst(z.object({ policy: policySchema }), rows)?.policy ?? shippedPolicy;
}

/** Puts a policy in force; the ones before stay on record. */
export async function putPolicy(
  tx: Tx,
  entry: { readonly policy: Policy; readonly by: string; readonly at: Instant },
): Promise<void> {
  await tx.query(
    `INSERT INTO policies (no, policy, at, by_user)
     SELECT coalesce(max(no), 0) + 1, $1::jsonb, $2::timestamptz, $3 FROM policies`,
    [toJsonb(entry.policy), entry.at, entry.by],
  );
}
