import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import type { z } from 'zod';
import type { Guard } from '../auth/guard.ts';
import type { Permission } from '../auth/permissions.ts';
import type { AppEnv } from '../http/env.ts';
import { problemSchema } from './schemas.ts';

export type Api = OpenAPIHono<AppEnv>;

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problemSchema } },
});

/** The answers that every route may give beside its own. */
const problems = {
  400: problem('The request is malformed.'),
  401: problem('No valid API key.'),
  403: problem('Not allowed.'),
  404: problem('There is no such thing.'),
  409: problem('It does not fit how things stand.'),
  503: problem('Not available now; try again.'),
};

export type RouteShape<Path extends string, Answer extends z.ZodType, Request> = {
  readonly method: 'get' | 'post' | 'put';
  readonly path: Path;
  readonly tag: string;
  readonly summary: string;
  readonly permission: Permission;
  readonly request: Request;
  readonly answer: Answer;
  readonly description: string;
};

/** A route of the API: guarded by a permission, described once, checked and documented from the same schemas. */
export function apiRoute<
  Path extends string,
  Answer extends z.ZodType,
  Request extends NonNullable<Parameters<typeof createRoute>[0]['request']>,
>(guard: Guard, shape: RouteShape<Path, Answer, Request>) {
  return createRoute({
    method: shape.method,
    path: shape.path,
    tags: [shape.tag],
    summary: shape.summary,
    security: [{ bearer: [] }],
    middleware: [guard(shape.permission)] as const,
    request: shape.request,
    responses: {
      200: {
        description: shape.description,
        content: { 'application/json': { schema: shape.answer } },
      },
      ...problems,
    },
  });
}

/** A JSON body of a form. */
export function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  return { body: { required: true, content: { 'application/json': { schema } } } } as const;
}
