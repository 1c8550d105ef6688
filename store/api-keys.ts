import { z } from 'zod';
import { type Instant, instantSchema } from '#domain/time.ts';
import { parseFirst } from './row.ts';
import type { Tx } from './tx.ts';
import { userSchema } from './users.ts';

export const apiKeyScopes = ['full', 'intake'] as const;
export type ApiKeyScope = (typeof apiKeyScopes)[number];

export const storedApiKeySchema = z.object({
  id: z.string(),
  scope: z.enum(apiKeyScopes),
  /** SHA-256 of the secret, hex. The secret itself is kept nowhere. */
  secretHash: z.string(),
  revokedAt: instantSchema.optional(),
  user: userSchema,
});
export type StoredApiKey = z.infer<typeof storedApiKeySchema>;

export type NewApiKey = {
  readonly id: string;
  readonly userName: string;
  readonly scope: ApiKeyScope;
  readonly secretHash: string;
  readonly at: Instant;
};

/** Adds a key to a user. */
export async function putApiKey(tx: Tx, key: NewApiKey): Promise<void> {
  await tx.query(
    'INSERT INTO api_keys (id, user_name, scope, secret_hash, created_at) VALUES ($1, $2, $3, $4, $5)',
    [key.id, key.userName, key.scope, key.secretHash, key.at],
  );
}

/** The key with its user, revoked or not, or undefined. */
export async function getApiKey(tx: Tx, id: string): Promise<StoredApiKey | undefined> {
  const rows = await tx.query(
    `SELECT k.id, k.scope, k.secret_hash, k.revoked_at, jsonb_strip_nulls(jsonb_build_object(
       'name', u.name, 'kind', u.kind, 'roles', u.roles, 'environments', u.environments,
       'createdAt', u.created_at, 'disabledAt', u.disabled_at, 'tokensRevokedAt', u.tokens_revoked_at)) AS user
     FROM api_keys k JOIN users u ON u.name = k.user_name WHERE k.id = $1`,
    [id],
  );
  return parseFirst(storedApiKeySchema, rows);
}

/** Revokes every key of a user. */
export async function revokeApiKeysOf(tx: Tx, userName: string, at: Instant): Promise<void> {
  await tx.query('UPDATE api_keys SET revoked_at = $2 WHERE user_name = $1 AND revoked_at IS NULL', [
    userName,
    at,
  ]);
}
