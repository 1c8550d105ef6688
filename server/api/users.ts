import type { Context } from 'hono';
import { z } from 'zod';
import { countApiKeys } from '#store/api-keys.ts';
import { inTenant, type Tx } from '#store/pool.ts';
import { listUsers } from '#store/users.ts';
import {
  type By,
  createAccount,
  disableAccount,
  enableAccount,
  renewKey,
  renewOtp,
  revokeKeys,
} from '../auth/accounts.ts';
import type { AppEnv } from '../http/env.ts';
import type { ApiDeps } from './deps.ts';
import { type Api, apiRoute, jsonBody } from './route.ts';
import {
  accountChangeSchema,
  accountSecretsSchema,
  createUserRequestSchema,
  userListSchema,
  userNameSchema,
} from './schemas.ts';

const nameParams = { params: z.object({ name: userNameSchema }) };
const tag = 'users';
const permission = 'user.manage';

/** What may be done to an account that there is; each answers with what is shown once, if anything. */
const changes = {
  'otp-renew': {
    summary: 'A new seed of one-time codes; codes of the old one are void',
    run: async (tx: Tx, name: string, by: By) => ({ totp: await renewOtp(tx, name, by) }),
  },
  'key-renew': {
    summary: 'A new API key in place of all that the account had',
    run: async (tx: Tx, name: string, by: By) => ({ apiKey: await renewKey(tx, name, by) }),
  },
  'revoke-keys': {
    summary: 'Revokes the account’s API keys and what was signed with them',
    run: async (tx: Tx, name: string, by: By) => ({ revokedKeys: await revokeKeys(tx, name, by) }),
  },
  disable: {
    summary: 'Shuts the account out',
    run: async (tx: Tx, name: string, by: By) => {
      await disableAccount(tx, name, by);
      return {};
    },
  },
  enable: {
    summary: 'Lets the account in again',
    run: async (tx: Tx, name: string, by: By) => {
      await enableAccount(tx, name, by);
      return {};
    },
  },
} as const;

function mountList(app: Api, { guard, store, tenant }: ApiDeps): void {
  const list = apiRoute(guard, {
    ...{ method: 'get', path: '/api/v1/users', tag, permission, summary: 'Accounts, by name' },
    ...{ description: 'All of them, without secrets.', request: {}, answer: userListSchema },
  });
  app.openapi(list, async (c) => {
    const items = await inTenant(store, tenant, async (tx) => {
      const keys = await countApiKeys(tx);
      return (await listUsers(tx)).map((user) => ({ ...user, keys: keys.get(user.name) ?? 0 }));
    });
    return c.json({ items }, 200);
  });
}

function mountCreate(app: Api, deps: ApiDeps): void {
  const create = apiRoute(deps.guard, {
    ...{ method: 'post', path: '/api/v1/users', tag, permission, summary: 'Makes an account' },
    description: 'Its secrets, shown here and never again.',
    request: jsonBody(createUserRequestSchema),
    answer: accountSecretsSchema,
  });
  app.openapi(create, async (c) => {
    const { environments, ...account } = c.req.valid('json');
    const given = environments === undefined ? {} : { environments };
    const by = byOf(c, deps);
    const secrets = await inTenant(deps.store, deps.tenant, (tx) =>
      createAccount(tx, { ...account, ...given }, by),
    );
    return c.json({ name: account.name, ...secrets }, 200);
  });
}

/** Accounts: who there is, and what an administrator does about their keys, their codes and their rights. */
export function mountUsers(app: Api, deps: ApiDeps): void {
  mountList(app, deps);
  mountCreate(app, deps);
  for (const [what, { summary, run }] of Object.entries(changes)) {
    const change = apiRoute(deps.guard, {
      ...{ method: 'post', path: `/api/v1/users/{name}/${what}`, tag, permission, summary },
      description: 'What is shown once, and never again, where there is any.',
      request: nameParams,
      answer: accountChangeSchema,
    });
    app.openapi(change, async (c) => {
      const { name } = c.req.valid('param');
      const by = byOf(c, deps);
      const shown = await inTenant(deps.store, deps.tenant, (tx) => run(tx, name, by));
      // A key that was believed a moment ago is not any more.
      deps.forgetCaller(name);
      return c.json({ name, ...shown }, 200);
    });
  }
}

function byOf(c: Context<AppEnv>, { now }: ApiDeps): By {
  return { actor: c.get('caller').user.name, at: now() };
}
