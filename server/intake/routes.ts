import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import type { z } from 'zod';
import type { Delivery } from '#domain/alert.ts';
import { alertmanagerSchema, deliveryOfAlertmanager } from '#domain/alertmanager-webhook.ts';
import { UnderstudyError } from '#domain/errors.ts';
import type { Instant } from '#domain/time.ts';
import { changeSchema } from '#domain/tools/changes.ts';
import { putChange } from '#store/changes.ts';
import { inTenant, type Store } from '#store/pool.ts';
import { acceptedSchema, problemSchema, sendAlertRequestSchema } from '../api/schemas.ts';
import type { Guard } from '../auth/guard.ts';
import type { AppEnv } from '../http/env.ts';
import { limitBody } from '../http/limit-body.ts';
import type { GroupCommit } from './group-commit.ts';
import { deliveryOfSimpleAlert } from './simple-alert.ts';
import { stored } from './stored.ts';

export type IntakeDeps = {
  readonly commit: GroupCommit;
  readonly guard: Guard;
  readonly store: Store;
  readonly tenant: string;
  readonly now: () => Instant;
  readonly maxBodyBytes: number;
  /** Told of every accepted delivery, by outcome. */
  readonly onAccepted: (outcome: string) => void;
};

/** A kind of intake: where it is posted to, what it looks like, and how it reads in our words. */
type Format<Schema extends z.ZodType> = {
  readonly path: string;
  readonly summary: string;
  readonly schema: Schema;
  readonly toDelivery: (payload: z.output<Schema>, receivedAt: Instant) => Delivery;
};

/** The body as JSON of a form. A body that is not throws `bad-input` or a `ZodError`, both answered with 400. */
async function readJson<Schema extends z.ZodType>(c: Context, schema: Schema): Promise<z.output<Schema>> {
  const text = await c.req.text();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new UnderstudyError('bad-input', 'the body is not JSON', { cause });
  }
  return schema.parse(json);
}

const answers = {
  202: { description: 'It is durable.', content: { 'application/json': { schema: acceptedSchema } } },
  400: { description: 'Malformed.', content: { 'application/problem+json': { schema: problemSchema } } },
  401: { description: 'No valid key.', content: { 'application/problem+json': { schema: problemSchema } } },
  413: { description: 'Too large.', content: { 'application/problem+json': { schema: problemSchema } } },
  503: {
    description: 'It could not be made durable now: send it again.',
    content: { 'application/problem+json': { schema: problemSchema } },
  },
};

function limitIntake({ maxBodyBytes }: IntakeDeps): MiddlewareHandler {
  return limitBody(
    maxBodyBytes,
    'raise server.maxIntakeBytes, or set max_alerts on the webhook receiver of Alertmanager',
  );
}

function mount<Schema extends z.ZodType>(
  app: OpenAPIHono<AppEnv>,
  deps: IntakeDeps,
  format: Format<Schema>,
): void {
  const { guard, commit, now, onAccepted } = deps;
  app.openAPIRegistry.registerPath({
    method: 'post',
    path: format.path,
    summary: format.summary,
    tags: ['intake'],
    security: [{ bearer: [] }, { basic: [] }],
    request: { body: { content: { 'application/json': { schema: format.schema } } } },
    responses: answers,
  });
  // Checked first who it is, then how much it is, then what it is: a stranger's body is not even read.
  app.post(format.path, guard('intake.post'), limitIntake(deps), async (c) => {
    const payload = await readJson(c, format.schema);
    const receivedAt = now();
    const delivery = format.toDelivery(payload, receivedAt);
    const accepted = await stored(commit.submit({ delivery, receivedAt }));
    onAccepted(accepted.outcome);
    return c.json(accepted, 202);
  });
}

const alertmanagerPath = '/api/v1/intake/alertmanager';
const simplePaths = ['/api/v1/intake/alert', '/api/v1/alerts'];
const changesPath = '/api/v1/intake/changes';
/** Where what comes in by itself is posted to: nobody sees the answers there, so they are told in the log. */
export const intakePaths: readonly string[] = [alertmanagerPath, ...simplePaths, changesPath];

const alertmanager: Format<typeof alertmanagerSchema> = {
  path: alertmanagerPath,
  summary: 'Alertmanager’s webhook (version 4)',
  schema: alertmanagerSchema,
  toDelivery: deliveryOfAlertmanager,
};

const simple = (path: string): Format<typeof sendAlertRequestSchema> => ({
  path,
  summary: 'A simple alert',
  schema: sendAlertRequestSchema,
  toDelivery: deliveryOfSimpleAlert,
});

/** Everything that comes in by itself: alerts in every format, and changes. */
export function mountIntake(app: OpenAPIHono<AppEnv>, deps: IntakeDeps): void {
  mount(app, deps, alertmanager);
  for (const path of simplePaths) mount(app, deps, simple(path));
  app.openAPIRegistry.registerPath({
    method: 'post',
    path: changesPath,
    summary: 'A change: a deployment, a new configuration, a flag',
    tags: ['intake'],
    security: [{ bearer: [] }, { basic: [] }],
    request: { body: { content: { 'application/json': { schema: changeSchema } } } },
    responses: { ...answers, 202: { description: 'It is durable.' } },
  });
  app.post(changesPath, deps.guard('intake.post'), limitIntake(deps), async (c) => {
    const change = await readJson(c, changeSchema);
    const { cluster } = change.details;
    const where = typeof cluster === 'string' ? { cluster } : {};
    await stored(inTenant(deps.store, deps.tenant, (tx) => putChange(tx, { change, ...where })));
    return c.json({ id: change.id }, 202);
  });
}
