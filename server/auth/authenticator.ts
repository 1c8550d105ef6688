import { UnderstudyError } from '#domain/errors.ts';
import { type Instant, toMs } from '#domain/time.ts';
import { getApiKey } from '#store/api-keys.ts';
import { inTenant, type Store } from '#store/pool.ts';
import { hashOfSecret, matchesHash, parseApiKey } from './api-key.ts';
import type { Caller } from './permissions.ts';

export type Authenticator = {
  /** Who sends this `Authorization` header. Rejects with `unauthenticated`, or `unavailable` without a database. */
  readonly authenticate: (header: string | undefined) => Promise<Caller>;
};

/** How long a key that was found good is believed: a revoked one works no longer than this. */
const believedMs = 30_000;
const mostBelieved = 10_000;

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
  /** By the hash of the key: what is in memory opens no door. */
  const believed = new Map<string, { readonly caller: Caller; readonly untilMs: number }>();

  async function lookUp(text: string): Promise<Caller> {
    const parts = parseApiKey(text) ?? refuse('this is no API key; it looks like us_…_…');
    const key = await inTenant(store, tenant, (tx) => getApiKey(tx, parts.id));
    // One answer for a key that is unknown and one that is wrong.
    if (key === undefined || !matchesHash(parts.secret, key.secretHash)) refuse('the API key is not known');
    if (key.revokedAt !== undefined) refuse('the API key was revoked');
    if (key.user.disabledAt !== undefined) refuse('the account is disabled');
    return { user: key.user, scope: key.scope };
  }

  return {
    authenticate: async (header) => {
      if (header === undefined) refuse('send an API key: `Authorization: Bearer us_…`');
      const text = keyIn(header);
      const hash = hashOfSecret(text);
      const nowMs = toMs(now());
      const known = believed.get(hash);
      if (known !== undefined && known.untilMs > nowMs) return known.caller;
      const caller = await lookUp(text);
      if (believed.size >= mostBelieved) believed.clear();
      believed.set(hash, { caller, untilMs: nowMs + believedMs });
      return caller;
    },
  };
}
