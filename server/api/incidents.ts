import { z } from 'zod';
import { caseOf } from '#store/cases.ts';
import { alertsOf } from '#store/deliveries.ts';
import { evidenceOfIncident, toolCallsOf } from '#store/evidence.ts';
import { decisionsOf, gatesOf } from '#store/gates.ts';
import { getIncident, listIncidents } from '#store/incidents.ts';
import { ledgerOf } from '#store/ledger.ts';
import { plansOf } from '#store/plans.ts';
import { inTenant, type Tx } from '#store/pool.ts';
import { stepsOf } from '#store/steps.ts';
import { turnsOf } from '#store/turns.ts';
import type { ApiDeps } from './deps.ts';
import { closeByHand, noIncident, takeOverIncident } from './incident-hands.ts';
import { type Api, apiRoute, jsonBody } from './route.ts';
import {
  closeRequestSchema,
  closeResponseSchema,
  evidenceListQuerySchema,
  evidenceListSchema,
  type IncidentDetail,
  incidentDetailSchema,
  incidentListQuerySchema,
  incidentListSchema,
  takeOverRequestSchema,
  takeOverResponseSchema,
} from './schemas.ts';

/** One may hold megabytes. */
const evidencePerPage = 8;

const idParams = { params: z.object({ id: z.uuid() }) };

async function detailOf(tx: Tx, id: string): Promise<IncidentDetail> {
  const incident = (await getIncident(tx, id)) ?? noIncident(id);
  const gates = await gatesOf(tx, id);
  const decisions = new Map<string, Awaited<ReturnType<typeof decisionsOf>>>();
  for (const { gateId } of gates) decisions.set(gateId, await decisionsOf(tx, gateId));
  const learned = await caseOf(tx, id);
  return {
    incident,
    alerts: await alertsOf(tx, id),
    turns: await turnsOf(tx, id),
    toolCalls: await toolCallsOf(tx, id),
    plans: await plansOf(tx, id),
    steps: await stepsOf(tx, id),
    gates: gates.map((gate) => ({ ...gate, decisions: decisions.get(gate.gateId) ?? [] })),
    ledger: await ledgerOf(tx, { incidentId: id }),
    ...(learned === undefined ? {} : { case: learned.body }),
  };
}

export function mountIncidents(app: Api, deps: ApiDeps): void {
  const { guard, store, tenant } = deps;

  const list = apiRoute(guard, {
    ...{ method: 'get', path: '/api/v1/incidents', tag: 'incidents', permission: 'incident.read' },
    ...{ summary: 'Incidents, the newest first', description: 'A page of them.' },
    request: { query: incidentListQuerySchema },
    answer: incidentListSchema,
  });
  app.openapi(list, async (c) => {
    const { status, limit, cursor } = c.req.valid('query');
    const query = {
      limit,
      ...(status === undefined ? {} : { status }),
      ...(cursor === undefined ? {} : { cursor }),
    };
    const { items, nextCursor } = await inTenant(store, tenant, (tx) => listIncidents(tx, query));
    return c.json({ items: [...items], ...(nextCursor === undefined ? {} : { nextCursor }) }, 200);
  });

  const get = apiRoute(guard, {
    ...{ method: 'get', path: '/api/v1/incidents/{id}', tag: 'incidents', permission: 'incident.read' },
    summary: 'An incident with everything that was found, asked, decided and done',
    description: 'The incident.',
    request: idParams,
    answer: incidentDetailSchema,
  });
  app.openapi(get, async (c) => {
    const { id } = c.req.valid('param');
    return c.json(incidentDetailSchema.parse(await inTenant(store, tenant, (tx) => detailOf(tx, id))), 200);
  });

  const evidence = apiRoute(guard, {
    ...{
      method: 'get',
      path: '/api/v1/incidents/{id}/evidence',
      tag: 'incidents',
      permission: 'incident.read',
    },
    summary: 'What the tools answered, in the order in which they were asked',
    description: 'A page of it.',
    request: { ...idParams, query: evidenceListQuerySchema },
    answer: evidenceListSchema,
  });
  app.openapi(evidence, async (c) => {
    const { id } = c.req.valid('param');
    const offset = Number(c.req.valid('query').cursor ?? 0);
    const items = await inTenant(store, tenant, async (tx) => {
      if ((await getIncident(tx, id)) === undefined) noIncident(id);
      return evidenceOfIncident(tx, id, { offset, limit: evidencePerPage });
    });
    const more = items.length === evidencePerPage;
    return c.json({ items, ...(more ? { nextCursor: String(offset + items.length) } : {}) }, 200);
  });

  const take = apiRoute(guard, {
    ...{ method: 'post', path: '/api/v1/incidents/{id}/take-over', tag: 'incidents' },
    ...{ permission: 'incident.take-over', summary: '“I have it”: the stand-in stands down' },
    description: 'It is yours: open questions are withdrawn.',
    request: { ...idParams, ...jsonBody(takeOverRequestSchema) },
    answer: takeOverResponseSchema,
  });
  app.openapi(take, async (c) => {
    const { id } = c.req.valid('param');
    const { reason } = c.req.valid('json');
    const { user } = c.get('caller');
    await takeOverIncident(deps, id, { user: user.name, ...(reason === undefined ? {} : { reason }) });
    return c.json({ takenOverBy: user.name }, 200);
  });

  const close = apiRoute(guard, {
    ...{ method: 'post', path: '/api/v1/incidents/{id}/close', tag: 'incidents' },
    ...{ permission: 'incident.close', summary: '“It is over”: ended by hand, with the reason' },
    description: 'It is being closed: open questions are withdrawn, what was found becomes a case.',
    request: { ...idParams, ...jsonBody(closeRequestSchema) },
    answer: closeResponseSchema,
  });
  app.openapi(close, async (c) => {
    const { reason } = c.req.valid('json');
    const { name } = c.get('caller').user;
    await closeByHand(deps, c.req.valid('param').id, { user: name, reason });
    return c.json({ closedBy: name, reason }, 200);
  });
}
