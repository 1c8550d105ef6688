import pLimit from 'p-limit';
import { errorCodeOf, messageOf, UnderstudyError } from '#domain/errors.ts';
import { type Instant, toMs } from '#domain/time.ts';
import { getApiKey, type StoredApiKey } from '#store/api-keys.ts';
import { inTenant, type Store } from '#store/pool.ts';
import { type ApiKeyParts, hashOfSecret, matchesHash, parseApiKey } from './api-key.ts';
import type { Caller } from './permissions.ts';

export type Authenticator = {
  /** Who sends this `Authorization` header. Rejects with `unauthenticated`, or `unavailable` without a database. */
  readonly authenticate: (header: string | undefined) => Promise<Caller>;
  /** Believes nothing of before about this account any more: what was changed about it holds from now on. */
  readonly forget: (userName: string) => void;
};

/** How long a key that was found good is believed: one that was revoked by another process works no longer than this. */
const believedMs = 30_000;
const mostBelieved = 10_000;
/** How long a key that was refused is refused without another look: a sender with a wrong key tries it again and again. */
const refusedMs = 5_000;
const mostRefused = 10_000;
/** Keys nobody has seen good yet wait for each other, and no more of them than this: further ones are turned away. */
const mostStrangers = 100;

function refuse(why: string): never {
  throw new UnderstudyError('unauthenticated', why);
}

/** The key in a bearer token, or in the password of basic authentication (which Alertmanager and others can send). */
function keyIn(header: string): string {
  const [scheme = '', value = ''] = header.split(' ', 2);
  if (scheme.toLowerCase() === 'bearer') return value;
  if (scheme.toLowerCase() !== 'basic') refuse('send the API key as `Authorization: Bearer us_…`');
  const text = Buffer.from(value, 'base64').toString('utf8');
  return text.slice(text.indexOf(':') + 1);
}

export function createAuthenticator(options: {
  readonly store: Store;
  readonly tenant: string;
  readonly now: () => Instant;
}): Authenticator {
  const { store, tenant, now } = options;
  /** By the hash of the key: what is in memory opens no door. Those whose time is up are kept as acquaintances. */
  const believed = new Map<string, { readonly caller: Caller; readonly untilMs: number }>();
  const refused = new Map<string, { readonly why: string; readonly untilMs: number }>();
  const oneStranger = pLimit(1);

  /** Whatever is wrong with the database is no fault of the key: 403 would make Alertmanager drop its alerts for good. */
  async function storedKey(id: string): Promise<StoredApiKey | undefined> {
    try {
      return await inTenant(store, tenant, (tx) => getApiKey(tx, id));
    } catch (cause) {
      throw new UnderstudyError('unavailable', 'it cannot be seen now whose key this is; try again', {
        cause,
      });
    }
  }

  async function lookUp({ id, secret }: ApiKeyParts): Promise<Caller> {
    const key = await storedKey(id);
    // One answer for a key that is unknown and one that is wrong.
    if (key === undefined || !matchesHash(secret, key.secretHash)) refuse('the API key is not known');
    if (key.revokedAt !== undefined) refuse('the API key was revoked');
    if (key.user.disabledAt !== undefined) refuse('the account is disabled');
    return { user: key.user, scope: key.scope };
  }

  /** So that guessing keys costs those who guess, never a connection that a key of ours needs. */
  function lookUpStranger(parts: ApiKeyParts): Promise<Caller> {
    if (oneStranger.pendingCount >= mostStrangers)
      throw new UnderstudyError('unavailable', 'too many unknown keys are being tried; try again');
    return oneStranger(() => lookUp(parts));
  }

  function remember(hash: string, caller: Caller, nowMs: number): void {
    if (believed.size >= mostBelieved) believed.clear();
    believed.set(hash, { caller, untilMs: nowMs + believedMs });
  }

  function rememberRefused(hash: string, why: string, nowMs: number): void {
    believed.delete(hash);
    if (refused.size >= mostRefused) refused.clear();
    refused.set(hash, { why, untilMs: nowMs + refusedMs });
  }

  return {
    authenticate: async (header) => {
      if (header === undefined) refuse('send an API key: `Authorization: Bearer us_…`');
      const text = keyIn(header);
      const parts = parseApiKey(text) ?? refuse('this is no API key; it looks like us_…_…');
      const hash = hashOfSecret(text);
      const nowMs = toMs(now());
      const known = believed.get(hash);
      if (known !== undefined && known.untilMs > nowMs) return known.caller;
      const before = refused.get(hash);
      if (before !== undefined && before.untilMs > nowMs) refuse(before.why);
      try {
        const caller = await (known === undefined ? lookUpStranger(parts) : lookUp(parts));
        remember(hash, caller, nowMs);
        return caller;
      } catch (error) {
        if (errorCodeOf(error) === 'unauthenticated') rememberRefused(hash, messageOf(error), nowMs);
        throw error;
      }
    },
    forget: (userName) => {
      for (const [hash, { caller }] of believed) if (caller.user.name === userName) believed.delete(hash);
      // Whose a refused key is was not kept.
      refused.clear();
    },
  };
}
