import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { UnderstudyError } from '#domain/errors.ts';
import type { Api } from '../api/route.ts';
import { type GrantDeps, issueGrant } from '../approvals/issue-grant.ts';
import { judgeGateForWorkflow } from '../approvals/judge-gate.ts';
import type { AppEnv } from '../http/env.ts';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Lets our own processes through, who can read the token's file; an API key opens nothing here. */
function onlyOurProcesses(token: string): MiddlewareHandler<AppEnv> {
  const expected = digest(`Bearer ${token}`);
  return async (c, next) => {
    const given = digest(c.req.header('authorization') ?? '');
    if (!timingSafeEqual(given, expected))
      throw new UnderstudyError('unauthenticated', 'this is for Understudy’s own processes');
    await next();
  };
}

/** What workers ask: judge a gate, give a grant. Not part of the public API and not in its document. */
export function mountInternal(
  app: Api,
  deps: { readonly token: string; readonly approvals: GrantDeps },
): void {
  app.use('/internal/*', onlyOurProcesses(deps.token));
  app.post('/internal/v1/gates/:gateId/judge', async (c) =>
    c.json(await judgeGateForWorkflow(deps.approvals, c.req.param('gateId'))),
  );
  app.post('/internal/v1/gates/:gateId/grant', async (c) =>
    c.json(await issueGrant(deps.approvals, c.req.param('gateId'))),
  );
}
