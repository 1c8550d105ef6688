import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import { decisionsOf, getGate, listGates } from '#store/gates.ts';
import { inTenant } from '#store/pool.ts';
import { decide } from '../approvals/decide.ts';
import type { ApiDeps } from './deps.ts';
import { type Api, apiRoute, jsonBody } from './route.ts';
import {
  approvalDetailSchema,
  approvalListQuerySchema,
  approvalListSchema,
  decideRequestSchema,
  decideResponseSchema,
} from './schemas.ts';

const gateParams = { params: z.object({ gateId: z.string().min(1).max(200) }) };

export function mountApprovals(app: Api, deps: ApiDeps): void {
  const { guard, store, tenant } = deps;

  const list = apiRoute(guard, {
    ...{ method: 'get', path: '/api/v1/approvals', tag: 'approvals', permission: 'gate.read' },
    ...{ summary: 'Questions to people, the newest first', description: 'A list of them.' },
    request: { query: approvalListQuerySchema },
    answer: approvalListSchema,
  });
  app.openapi(list, async (c) => {
    const { status, limit } = c.req.valid('query');
    const query = { limit, ...(status === undefined ? {} : { status }) };
    return c.json({ items: await inTenant(store, tenant, (tx) => listGates(tx, query)) }, 200);
  });

  const get = apiRoute(guard, {
    ...{ method: 'get', path: '/api/v1/approvals/{gateId}', tag: 'approvals', permission: 'gate.read' },
    ...{ summary: 'A question with the decisions made on it', description: 'The question.' },
    request: gateParams,
    answer: approvalDetailSchema,
  });
  app.openapi(get, async (c) => {
    const { gateId } = c.req.valid('param');
    const detail = await inTenant(store, tenant, async (tx) => {
      const gate = await getGate(tx, gateId);
      return gate === undefined ? undefined : { gate, decisions: await decisionsOf(tx, gateId) };
    });
    if (detail === undefined) throw new UnderstudyError('not-found', `there is no gate ${gateId}`);
    return c.json(detail, 200);
  });

  const base = apiRoute(guard, {
    ...{ method: 'post', path: '/api/v1/approvals/{gateId}/decide', tag: 'approvals' },
    ...{ permission: 'gate.decide', summary: 'Approve, reject or change a step' },
    description: 'Judged; `accepted` says whether it counts.',
    request: { ...gateParams, ...jsonBody(decideRequestSchema) },
    answer: decideResponseSchema,
  });
  const later = {
    description: 'Sent; it will be judged when Temporal shows it.',
    content: { 'application/json': { schema: decideResponseSchema } },
  };
  const route = createRoute({ ...base, responses: { ...base.responses, 202: later } });
  app.openapi(route, async (c) => {
    const { gateId } = c.req.valid('param');
    const answer = await decide(deps.approvals, c.get('caller'), gateId, c.req.valid('json'));
    return answer.recorded ? c.json(answer, 200) : c.json(answer, 202);
  });
}
