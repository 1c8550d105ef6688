import { z } from 'zod';
import { type Instant, instantSchema } from '#domain/time.ts';
import { parseFirst, parseRows } from './row.ts';
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

/** Revokes every key of a user, and answers how many worked until then. */
export async function revokeApiKeysOf(tx: Tx, userName: string, at: Instant): Promise<number> {
  const rows = await tx.query(
    'UPDATE api_keys SET revoked_at = $2 WHERE user_name = $1 AND revoked_at IS NULL RETURNING id',
    [userName, at],
  );
  return rows.length;
}

/** What the newest key of a user may do, or undefined where there never was one. */
export async function lastScopeOf(tx: Tx, userName: string): Promise<ApiKeyScope | undefined> {
  const rows = await tx.query(
    'SELECT scope FROM api_keys WHERE user_name = $1 ORDER BY created_at DESC LIMIT 1',
    [userName],
  );
  return parseFirst(z.object({ scope: z.enum(apiKeyScopes) }), rows)?.scope;
}

const countSchema = z.object({ userName: z.string(), keys: z.int() });

/** How many keys of each user work. */
export async function countApiKeys(tx: Tx): Promise<ReadonlyMap<string, number>> {
  const rows = await tx.query(
    'SELECT user_name, count(*)::int AS keys FROM api_keys WHERE revoked_at IS NULL GROUP BY user_name',
    [],
  );
  return new Map(parseRows(countSchema, rows).map(({ userName, keys }) => [userName, keys]));
}
