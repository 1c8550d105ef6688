import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import { secureHeaders } from 'hono/secure-headers';
import { processIdHeader } from '#domain/configuration.ts';
import { messageOf, UnderstudyError } from '#domain/errors.ts';
import { mountApprovals } from './api/approvals.ts';
import { mountAudit } from './api/audit.ts';
import type { ApiDeps } from './api/deps.ts';
import { mountEvents } from './api/events.ts';
import { mountIncidents } from './api/incidents.ts';
import { mountOperations } from './api/operations.ts';
import { mountPatrols } from './api/patrols.ts';
import { mountUsers } from './api/users.ts';
import { version } from './api/version.ts';
import type { AppEnv } from './http/env.ts';
import { limitBody } from './http/limit-body.ts';
import type { Metrics } from './http/metrics.ts';
import { problemOf, problemResponse } from './http/problem.ts';
import { createRefusalLog } from './http/refusal-log.ts';
import { traceIdOf } from './http/trace.ts';
import { type IntakeDeps, intakePaths, mountIntake } from './intake/routes.ts';
import { mountInternal } from './internal/routes.ts';

export type AppDeps = {
  readonly api: ApiDeps;
  readonly intake: IntakeDeps;
  readonly internalToken: string;
  readonly metrics: Metrics;
  /** False while it comes up and while it stops. */
  readonly isReady: () => Promise<boolean>;
};

/** Bodies of the API are small; alerts have a limit of their own. */
const maxApiBodyBytes = 256 * 1024;

const refusalsEveryMs = 10_000;
/** Elsewhere a refusal is the caller's business; these say that something is wrong here, or that somebody tries keys. */
const toldEverywhere: readonly number[] = [401, 503];

function routeOf(c: Context): string {
  return matchedRoutes(c).findLast(({ path }) => !path.endsWith('*'))?.path ?? 'none';
}

function observe(deps: AppDeps): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const traceId = traceIdOf(c.req.header('traceparent'));
    c.set('traceId', traceId);
    const startedMs = performance.now();
    await next();
    const route = routeOf(c);
    const seconds = (performance.now() - startedMs) / 1000;
    deps.metrics.requests.observe({ method: c.req.method, route, status: c.res.status }, seconds);
  };
}

function answerProblems(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  const { log } = deps.api;
  const noteRefusal = createRefusalLog({ log, nowMs: Date.now, everyMs: refusalsEveryMs });
  app.onError((error, c) => {
    const problem = problemOf(error, c.get('traceId'));
    const { status, code, traceId } = problem;
    const about = { traceId, method: c.req.method, path: c.req.path, code };
    const route = routeOf(c);
    if (status >= 500 && status !== 503) log.error({ ...about, err: error }, 'a request failed');
    else if (toldEverywhere.includes(status) || intakePaths.includes(route))
      noteRefusal({ traceId, route, status, code, error });
    else log.debug({ ...about, reason: messageOf(error) }, 'a request was refused');
    return problemResponse(c, problem);
  });
  app.notFound((c) => {
    const error = new UnderstudyError('not-found', `there is nothing at ${c.req.path}`);
    return problemResponse(c, problemOf(error, c.get('traceId')));
  });
}

function mountHealth(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.get('/healthz', (c) => c.text('ok'));
  app.get('/readyz', async (c) => {
    c.header(processIdHeader, String(process.pid));
    return (await deps.isReady()) ? c.text('ready') : c.text('not ready', 503);
  });
  app.get('/metrics', async (c) => {
    c.header('content-type', deps.metrics.registry.contentType);
    return c.body(await deps.metrics.registry.metrics());
  });
}

/** The server's HTTP side, without a port: `app.request()` calls it, `serve()` puts it on the network. */
export function createApp(deps: AppDeps): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>({
    defaultHook: (result) => {
      if (!result.success) throw result.error;
    },
  });
  app.use(observe(deps));
  app.use(secureHeaders());
  answerProblems(app, deps);
  mountHealth(app, deps);
  mountIntake(app, deps.intake);
  app.use('/api/*', limitBody(maxApiBodyBytes));
  app.use('/internal/*', limitBody(maxApiBodyBytes));
  mountIncidents(app, deps.api);
  mountEvents(app, deps.api);
  mountApprovals(app, deps.api);
  mountOperations(app, deps.api);
  mountPatrols(app, deps.api);
  mountAudit(app, deps.api);
  mountUsers(app, deps.api);
  mountInternal(app, { token: deps.internalToken, approvals: deps.api.approvals });
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' });
  app.openAPIRegistry.registerComponent('securitySchemes', 'basic', { type: 'http', scheme: 'basic' });
  app.doc31('/api/v1/openapi.json', {
    openapi: '3.1.0',
    info: { title: 'Understudy', version },
  });
  return app;
}
