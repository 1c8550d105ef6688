import { z } from 'zod';
import { type Role, roleSchema } from '#domain/policy/policy.ts';
import { type Instant, instantSchema } from '#domain/time.ts';
import { parseFirst, parseRows } from './row.ts';
import type { Tx } from './tx.ts';

export const userSchema = z.object({
  name: z.string(),
  kind: z.enum(['person', 'service']),
  roles: z.array(roleSchema),
  /** Environments whose gates it may decide; absent: all. */
  environments: z.array(z.string()).optional(),
  createdAt: instantSchema,
  disabledAt: instantSchema.optional(),
  /** Decision tokens issued up to then are void from then on. */
  tokensRevokedAt: instantSchema.optional(),
});
export type User = z.infer<typeof userSchema>;

export type NewUser = {
  readonly name: string;
  readonly kind: User['kind'];
  readonly roles: readonly Role[];
  readonly environments?: readonly string[];
  /** Base32. */
  readonly totpSecret?: string;
  readonly at: Instant;
};

const columns = 'name, kind, roles, environments, created_at, disabled_at, tokens_revoked_at';

/** Creates a user; false where the name is taken, and nothing is changed then. */
export async function createUser(tx: Tx, user: NewUser): Promise<boolean> {
  const rows = await tx.query(
    `INSERT INTO users (name, kind, roles, environments, totp_secret, created_at) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT DO NOTHING RETURNING name`,
    [user.name, user.kind, [...user.roles], user.environments ?? null, user.totpSecret ?? null, user.at],
  );
  return rows.length > 0;
}

/** The user of that name, or undefined. */
export async function getUser(tx: Tx, name: string): Promise<User | undefined> {
  return parseFirst(userSchema, await tx.query(`SELECT ${columns} FROM users WHERE name = $1`, [name]));
}

/** All users, by name. */
export async function listUsers(tx: Tx): Promise<User[]> {
  return parseRows(userSchema, await tx.query(`SELECT ${columns} FROM users ORDER BY name`));
}

/** The seed of a user's one-time codes (base32), or undefined where there is none. Not part of `User`: it must not travel. */
export async function totpSecretOf(tx: Tx, name: string): Promise<string | undefined> {
  const rows = await tx.query('SELECT totp_secret FROM users WHERE name = $1', [name]);
  return parseFirst(z.object({ totpSecret: z.string().optional() }), rows)?.totpSecret;
}

/** Shuts a user out, from now on. */
export async function disableUser(tx: Tx, name: string, at: Instant): Promise<void> {
  await tx.query('UPDATE users SET disabled_at = $2 WHERE name = $1 AND disabled_at IS NULL', [name, at]);
}

/** Lets a user in again. */
export async function enableUser(tx: Tx, name: string): Promise<void> {
  await tx.query('UPDATE users SET disabled_at = NULL WHERE name = $1', [name]);
}

/** Puts another seed of one-time codes (base32) in the place of the one before, whose codes are void from then on. */
export async function setTotpSecret(tx: Tx, name: string, totpSecret: string): Promise<void> {
  await tx.query('UPDATE users SET totp_secret = $2 WHERE name = $1', [name, totpSecret]);
}

/** Voids every decision token of a user that was issued up to now. */
export async function revokeTokens(tx: Tx, name: string, at: Instant): Promise<void> {
  await tx.query('UPDATE users SET tokens_revoked_at = $2 WHERE name = $1', [name, at]);
}
