import type { MiddlewareHandler } from 'hono';
import { UnderstudyError } from '#domain/errors.ts';
import type { AppEnv } from '../http/env.ts';
import type { Authenticator } from './authenticator.ts';
import { mayDo, type Permission } from './permissions.ts';

/** Lets a request through to a route whose permission the caller has; 401 or 403 otherwise. */
export type Guard = (permission: Permission) => MiddlewareHandler<AppEnv>;

export function createGuard(authenticator: Authenticator): Guard {
  return (permission) => async (c, next) => {
    const caller = await authenticator.authenticate(c.req.header('authorization'));
    if (!mayDo(caller, permission)) {
      throw new UnderstudyError(
        'forbidden',
        `the account "${caller.user.name}" may not do this (${permission})`,
      );
    }
    c.set('caller', caller);
    await next();
  };
}
