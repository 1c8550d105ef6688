import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import { hashOf } from '#domain/hash.ts';
import { patrolStates, watchesOf } from '#store/patrols.ts';
import { inTenant, type Tx } from '#store/pool.ts';
import type { ApiDeps } from './deps.ts';
import { type Api, apiRoute } from './route.ts';
import { type PatrolList, patrolListSchema, patrolStartedSchema } from './schemas.ts';

/** Of a patrol, the latest so many of what it has seen. */
const mostWatches = 500;

async function patrolsOf(tx: Tx): Promise<PatrolList> {
  const states = await patrolStates(tx);
  const items: PatrolList['items'] = [];
  for (const state of states) {
    const watches = (await watchesOf(tx, state.name)).slice(0, mostWatches);
    items.push({ ...state, seen: watches.map((watch) => ({ id: hashOf(watch.sighting.key), ...watch })) });
  }
  return { items };
}

/** What patrols see, and a round out of turn. */
export function mountPatrols(app: Api, { guard, store, tenant, workflows }: ApiDeps): void {
  const list = apiRoute(guard, {
    ...{ method: 'get', path: '/api/v1/patrols', tag: 'patrols', permission: 'incident.read' },
    summary: 'What patrols have seen: faults, signals and forecasts, the latest first',
    description: 'Every patrol that has looked around, with what it remembers.',
    request: {},
    answer: patrolListSchema,
  });
  app.openapi(list, async (c) => c.json(await inTenant(store, tenant, patrolsOf), 200));

  const run = apiRoute(guard, {
    ...{ method: 'post', path: '/api/v1/patrols/{name}/run', tag: 'patrols', permission: 'patrol.run' },
    summary: 'Starts a round now',
    description: 'It has been asked for; one that is under way is not overtaken.',
    request: { params: z.object({ name: z.string().min(1).max(100) }) },
    answer: patrolStartedSchema,
  });
  app.openapi(run, async (c) => {
    const { name } = c.req.valid('param');
    if ((await workflows.startPatrol(name)) === 'absent') {
      throw new UnderstudyError('not-found', `there is no patrol "${name}"; is patrol.everyMinutes 0?`);
    }
    return c.json({ name, started: true }, 200);
  });
}
