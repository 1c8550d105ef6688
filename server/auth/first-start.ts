import type { Instant } from '#domain/time.ts';
import type { ApiKeyScope } from '#store/api-keys.ts';
import { appendAudit } from '#store/audit.ts';
import { inTenant, type Store } from '#store/pool.ts';
import { createUser, getUser, type NewUser } from '#store/users.ts';
import { addKey, newTotp, renewKey, type Totp } from './accounts.ts';

export const administratorName = 'admin';
/** Approves in the practice range, and nowhere else. */
export const rangeApproverName = 'range-approver';
/** Posts alerts and changes; what Alertmanager is given. */
export const intakeAccountName = 'intake';

/** The accounts that a tenant may begin with, and what their first key may do. */
const firstAccounts: readonly (Omit<NewUser, 'at'> & { readonly scope: ApiKeyScope })[] = [
  { name: administratorName, kind: 'person', roles: ['admin', 'approver'], scope: 'full' },
  {
    name: rangeApproverName,
    kind: 'service',
    roles: ['approver'],
    environments: ['practice'],
    scope: 'full',
  },
  { name: intakeAccountName, kind: 'service', roles: [], scope: 'intake' },
];

export type FirstStart =
  | { readonly created: false }
  | {
      readonly created: true;
      readonly adminUser: string;
      /** Secrets, all of them shown here and never again. */
      readonly apiKey: string;
      readonly intakeKey: string;
      /** With practice alone. */
      readonly rangeApproverKey?: string;
      readonly totp: Totp;
    };

/**
 * Makes a tenant's first accounts: the administrator with an API key and the seed of one-time codes, and the service accounts;
 * the range's approver only for practice. Does nothing where there is an administrator already; of two that run at once, one
 * does it.
 */
export function bootstrapTenant(
  store: Store,
  options: { readonly tenant: string; readonly now: Instant; readonly practice: boolean },
): Promise<FirstStart> {
  const { tenant, now, practice } = options;
  const accounts = firstAccounts.filter(({ name }) => practice || name !== rangeApproverName);
  return inTenant(store, tenant, async (tx): Promise<FirstStart> => {
    if ((await getUser(tx, administratorName)) !== undefined) return { created: false };
    const totp = newTotp(administratorName);
    const keys = new Map<string, string>();
    for (const { scope, ...account } of accounts) {
      const seed = account.kind === 'person' ? { totpSecret: totp.secret } : {};
      const created = await createUser(tx, { ...account, ...seed, at: now });
      // Somebody else does the same at this moment: theirs are the accounts.
      if (!created) return { created: false };
      keys.set(account.name, await addKey(tx, account.name, scope, now));
    }
    await appendAudit(tx, {
      ...{ at: now, actor: 'system', action: 'tenant.first-start', subject: tenant, outcome: 'done' },
      data: { accounts: accounts.map(({ name, roles }) => ({ name, roles })) },
    });
    const rangeApproverKey = keys.get(rangeApproverName);
    return {
      created: true,
      adminUser: administratorName,
      apiKey: keys.get(administratorName) ?? '',
      intakeKey: keys.get(intakeAccountName) ?? '',
      ...(rangeApproverKey === undefined ? {} : { rangeApproverKey }),
      totp,
    };
  });
}

/**
 * Gives an account a new key in place of all that it had: for a key file that was lost.
 * @returns the key, shown here and never again
 * @throws `not-found` for a name that nobody has
 */
export function renewApiKey(
  store: Store,
  options: { readonly tenant: string; readonly userName: string; readonly now: Instant },
): Promise<string> {
  const { tenant, userName, now } = options;
  return inTenant(store, tenant, (tx) => renewKey(tx, userName, { actor: 'system', at: now }));
}
