import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import { workflowIds } from '#domain/ids.ts';
import type { Incident } from '#domain/incident.ts';
import { appendAudit } from '#store/audit.ts';
import { caseOf } from '#store/cases.ts';
import { alertsOf } from '#store/deliveries.ts';
import { toolCallsOf } from '#store/evidence.ts';
import { decisionsOf, gatesOf } from '#store/gates.ts';
import { getIncident, listIncidents, takeOver } from '#store/incidents.ts';
import { ledgerOf } from '#store/ledger.ts';
import { plansOf } from '#store/plans.ts';
import { inTenant, type Tx } from '#store/pool.ts';
import { stepsOf } from '#store/steps.ts';
import { turnsOf } from '#store/turns.ts';
import { signalNames, type TakeOver } from '#workflows/contracts.ts';
import type { ApiDeps } from './deps.ts';
import { type Api, apiRoute, jsonBody } from './route.ts';
import {
  type IncidentDetail,
  incidentDetailSchema,
  incidentListQuerySchema,
  incidentListSchema,
  takeOverRequestSchema,
  takeOverResponseSchema,
} from './schemas.ts';

const idParams = { params: z.object({ id: z.uuid() }) };

function missing(id: string): never {
  throw new UnderstudyError('not-found', `there is no incident ${id}`);
}

async function detailOf(tx: Tx, id: string): Promise<IncidentDetail> {
  const incident = (await getIncident(tx, id)) ?? missing(id);
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

/** "I have it": on record first, which already keeps any grant from being given; then the workflow is told. */
async function takeOverIncident(deps: ApiDeps, id: string, by: TakeOver): Promise<Incident> {
  const { store, tenant, now, workflows } = deps;
  const incident = await inTenant(store, tenant, async (tx) => {
    const isFirst = await takeOver(tx, id, by.user, now());
    const after = (await getIncident(tx, id)) ?? missing(id);
    if (after.status === 'closed') throw new UnderstudyError('conflict', 'the incident is closed already');
    if (after.takenOverBy !== by.user)
      throw new UnderstudyError('conflict', `${after.takenOverBy ?? 'somebody'} has taken it over already`);
    if (isFirst) {
      await appendAudit(tx, {
        ...{ at: now(), actor: by.user, action: 'incident.take-over', subject: id, outcome: 'done' },
        data: by.reason === undefined ? {} : { reason: by.reason },
      });
    }
    return after;
  });
  // Asked again after Temporal was away, it is told again; the workflow takes it once.
  await workflows.signal({ workflowId: workflowIds.incident(id) }, signalNames.takeOver, by);
  return incident;
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
}
