import { appendAudit } from '#store/audit.ts';
import { listCases } from '#store/cases.ts';
import { outboxBacklog } from '#store/outbox.ts';
import { countOpen } from '#store/overview.ts';
import { inTenant, type Tx } from '#store/pool.ts';
import { setWritesStopped, stopOfWrites } from '#store/switches.ts';
import type { ApiDeps } from './deps.ts';
import { type Api, apiRoute, jsonBody } from './route.ts';
import {
  caseListQuerySchema,
  caseListSchema,
  meSchema,
  type StopAll,
  statusSchema,
  stopAllRequestSchema,
  stopAllSchema,
} from './schemas.ts';
import { version } from './version.ts';

async function stopState(tx: Tx): Promise<StopAll> {
  const stop = await stopOfWrites(tx);
  if (stop === undefined) return { stopped: false };
  const { isOn, byUser, at, reason } = stop;
  return { stopped: isOn, by: byUser, at, ...(reason === undefined ? {} : { reason }) };
}

function mountCases(app: Api, { guard, store, tenant }: ApiDeps): void {
  const route = apiRoute(guard, {
    ...{ method: 'get', path: '/api/v1/cases', tag: 'cases', permission: 'case.read' },
    ...{ summary: 'What was learned from closed incidents, the newest first', description: 'A list.' },
    request: { query: caseListQuerySchema },
    answer: caseListSchema,
  });
  app.openapi(route, async (c) => {
    const cases = await inTenant(store, tenant, (tx) => listCases(tx, c.req.valid('query')));
    const items = cases.map(({ incidentId, body, openedAt, closedAt }) => ({
      ...{ incidentId, case: body, openedAt, closedAt },
    }));
    return c.json({ items }, 200);
  });
}

function mountStopAll(app: Api, { guard, store, tenant, now }: ApiDeps): void {
  const read = apiRoute(guard, {
    ...{ method: 'get', path: '/api/v1/stop-all', tag: 'operation', permission: 'status.read' },
    ...{ summary: 'The kill switch', description: 'How it stands.', request: {}, answer: stopAllSchema },
  });
  app.openapi(read, async (c) => c.json(await inTenant(store, tenant, stopState), 200));

  const write = apiRoute(guard, {
    ...{ method: 'post', path: '/api/v1/stop-all', tag: 'operation', permission: 'writes.stop' },
    summary: 'Switches the kill switch: while it is on no step is taken, waiting ones included',
    description: 'How it stands now.',
    request: jsonBody(stopAllRequestSchema),
    answer: stopAllSchema,
  });
  app.openapi(write, async (c) => {
    const { stopped, reason } = c.req.valid('json');
    const by = c.get('caller').user.name;
    const given = reason === undefined ? {} : { reason };
    const state = await inTenant(store, tenant, async (tx) => {
      await setWritesStopped(tx, { stopped, by, at: now(), ...given });
      await appendAudit(tx, {
        ...{ at: now(), actor: by, action: stopped ? 'stop-all.on' : 'stop-all.off', subject: tenant },
        ...{ data: given, outcome: 'done' },
      });
      return stopState(tx);
    });
    return c.json(state, 200);
  });
}

function mountMe(app: Api, { guard }: ApiDeps): void {
  const route = apiRoute(guard, {
    ...{ method: 'get', path: '/api/v1/me', tag: 'operation', permission: 'status.read' },
    ...{ summary: 'Who I am and what I may do', description: 'The account.', request: {}, answer: meSchema },
  });
  app.openapi(route, (c) => {
    const { name, kind, roles, environments } = c.get('caller').user;
    return c.json({ name, kind, roles, ...(environments === undefined ? {} : { environments }) }, 200);
  });
}

function mountStatus(app: Api, deps: ApiDeps): void {
  const { guard, store, tenant, temporal, readOnly, workflows } = deps;
  const route = apiRoute(guard, {
    ...{ method: 'get', path: '/api/v1/status', tag: 'operation', permission: 'status.read' },
    ...{ summary: 'How this instance is', description: 'Its state.', request: {}, answer: statusSchema },
  });
  app.openapi(route, async (c) => {
    const reachable = workflows.isReachable();
    const seen = await inTenant(store, tenant, async (tx) => ({
      ...(await countOpen(tx)),
      outbox: await outboxBacklog(tx),
      stopped: (await stopState(tx)).stopped,
    }));
    const { address, uiUrl } = temporal;
    return c.json(
      {
        ...{ version, tenant, readOnly, stopped: seen.stopped, outbox: seen.outbox },
        temporal: { address, reachable: await reachable, ...(uiUrl === undefined ? {} : { uiUrl }) },
        incidents: { open: seen.incidents },
        approvals: { open: seen.gates },
      },
      200,
    );
  });
}

/** What whoever runs an instance asks for: cases, the kill switch, the account, the state of things. */
export function mountOperations(app: Api, deps: ApiDeps): void {
  mountCases(app, deps);
  mountStopAll(app, deps);
  mountMe(app, deps);
  mountStatus(app, deps);
}
