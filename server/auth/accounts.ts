import { generateSecret, generateURI } from 'otplib';
import { UnderstudyError } from '#domain/errors.ts';
import type { Instant } from '#domain/time.ts';
import { type ApiKeyScope, lastScopeOf, putApiKey, revokeApiKeysOf } from '#store/api-keys.ts';
import { appendAudit } from '#store/audit.ts';
import type { Tx } from '#store/pool.ts';
import {
  createUser,
  disableUser,
  enableUser,
  getUser,
  type NewUser,
  revokeTokens,
  setTotpSecret,
  type User,
} from '#store/users.ts';
import { newApiKey } from './api-key.ts';

/** Changes to accounts. Each is one row of the audit trail, in the transaction that makes it; secrets are in none. */
export type By = { readonly actor: string; readonly at: Instant };

/** The seed of one-time codes, shown here and never again. */
export type Totp = { readonly secret: string; readonly uri: string };

export type NewAccount = Pick<NewUser, 'name' | 'kind' | 'roles' | 'environments'> & {
  readonly scope: ApiKeyScope;
};
export type AccountSecrets = { readonly apiKey: string; readonly totp?: Totp };

/** Names that the audit trail uses for what is no account. */
const reservedNames = ['system', 'unknown'];

/** A new seed for an account's one-time codes. */
export function newTotp(userName: string): Totp {
  const secret = generateSecret();
  return { secret, uri: generateURI({ issuer: 'Understudy', label: userName, secret }) };
}

/** Gives an account a further key, and answers with it: it is kept nowhere. */
export async function addKey(tx: Tx, userName: string, scope: ApiKeyScope, at: Instant): Promise<string> {
  const { id, secretHash, text } = newApiKey();
  await putApiKey(tx, { id, userName, scope, secretHash, at });
  return text;
}

async function existing(tx: Tx, name: string): Promise<User> {
  const user = await getUser(tx, name);
  if (user === undefined) throw new UnderstudyError('not-found', `there is no account "${name}"`);
  return user;
}

async function audit(
  tx: Tx,
  { actor, at }: By,
  action: string,
  subject: string,
  data: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await appendAudit(tx, { at, actor, action, subject, data, outcome: 'done' });
}

/** Makes an account with its first key, and for a person a seed of one-time codes. Throws `conflict` where the name is taken. */
export async function createAccount(tx: Tx, account: NewAccount, by: By): Promise<AccountSecrets> {
  const { scope, ...user } = account;
  const totp = user.kind === 'person' ? newTotp(user.name) : undefined;
  const seed = totp === undefined ? {} : { totpSecret: totp.secret };
  const isFree = !reservedNames.includes(user.name);
  if (!isFree || !(await createUser(tx, { ...user, ...seed, at: by.at })))
    throw new UnderstudyError('conflict', `the name "${user.name}" is taken: choose another`);
  const apiKey = await addKey(tx, user.name, scope, by.at);
  await audit(tx, by, 'user.create', user.name, { ...user, scope });
  return { apiKey, ...(totp === undefined ? {} : { totp }) };
}

/** Gives a person a new seed of one-time codes; codes of the old one are void from then on. */
export async function renewOtp(tx: Tx, name: string, by: By): Promise<Totp> {
  const { kind } = await existing(tx, name);
  if (kind !== 'person')
    throw new UnderstudyError('bad-input', `"${name}" is a service account: it has no one-time codes`);
  const totp = newTotp(name);
  await setTotpSecret(tx, name, totp.secret);
  await audit(tx, by, 'user.otp-renew', name);
  return totp;
}

/** Gives an account a new key in place of all that it had, with the same scope. */
export async function renewKey(tx: Tx, name: string, by: By): Promise<string> {
  await existing(tx, name);
  const scope = (await lastScopeOf(tx, name)) ?? 'full';
  const revoked = await revokeApiKeysOf(tx, name, by.at);
  const apiKey = await addKey(tx, name, scope, by.at);
  await audit(tx, by, 'user.key-renew', name, { revoked });
  return apiKey;
}

/** Nobody shuts out the account that they call with: there might be nobody left to let it in again. */
function assertAnother(name: string, by: By, instead: string): void {
  if (name === by.actor)
    throw new UnderstudyError('conflict', `this is the account you call with: ${instead}`);
}

/** Shuts an account out: its keys, its decisions and its one-time codes do not count from then on. */
export async function disableAccount(tx: Tx, name: string, by: By): Promise<void> {
  assertAnother(name, by, 'let another administrator do it instead');
  await existing(tx, name);
  await disableUser(tx, name, by.at);
  await revokeTokens(tx, name, by.at);
  await audit(tx, by, 'user.disable', name);
}

/** Lets an account in again. */
export async function enableAccount(tx: Tx, name: string, by: By): Promise<void> {
  await existing(tx, name);
  await enableUser(tx, name);
  await audit(tx, by, 'user.enable', name);
}

/** Revokes an account's keys and the decisions that were signed with them and not judged; answers how many keys it had. */
export async function revokeKeys(tx: Tx, name: string, by: By): Promise<number> {
  assertAnother(name, by, 'renew its key instead, which revokes the old ones');
  await existing(tx, name);
  const revoked = await revokeApiKeysOf(tx, name, by.at);
  await revokeTokens(tx, name, by.at);
  await audit(tx, by, 'user.revoke-keys', name, { revoked });
  return revoked;
}
