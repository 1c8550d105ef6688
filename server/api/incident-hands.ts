import { UnderstudyError } from '#domain/errors.ts';
import { workflowIds } from '#domain/ids.ts';
import type { Incident } from '#domain/incident.ts';
import { appendAudit } from '#store/audit.ts';
import { gatesOf, setGateStatus } from '#store/gates.ts';
import { closeIncident, getIncident, takeOver } from '#store/incidents.ts';
import { inTenant, type Tx } from '#store/pool.ts';
import { type Close, signalNames, type TakeOver } from '#workflows/contracts.ts';
import type { ApiDeps } from './deps.ts';

/** What people do to an incident by hand: on record first, which already keeps any grant from being given; then its workflow is told. */

export function noIncident(id: string): never {
  throw new UnderstudyError('not-found', `there is no incident ${id}`);
}

async function openOne(tx: Tx, id: string): Promise<Incident> {
  const incident = (await getIncident(tx, id)) ?? noIncident(id);
  if (incident.status === 'closed') throw new UnderstudyError('conflict', 'the incident is closed already');
  return incident;
}

/** "I have it." Throws `conflict` where it is closed or somebody else has it. */
export async function takeOverIncident(deps: ApiDeps, id: string, by: TakeOver): Promise<void> {
  const { store, tenant, now, workflows } = deps;
  await inTenant(store, tenant, async (tx) => {
    const isFirst = await takeOver(tx, id, by.user, now());
    const after = await openOne(tx, id);
    if (after.takenOverBy !== by.user)
      throw new UnderstudyError('conflict', `${after.takenOverBy ?? 'somebody'} has taken it over already`);
    if (isFirst) {
      await appendAudit(tx, {
        ...{ at: now(), actor: by.user, action: 'incident.take-over', subject: id, outcome: 'done' },
        data: by.reason === undefined ? {} : { reason: by.reason },
      });
    }
  });
  // Asked again after Temporal was away, it is told again; the workflow takes it once.
  await workflows.signal({ workflowId: workflowIds.incident(id) }, signalNames.takeOver, by);
}

/** "It is over." Whoever had it before, it is theirs who end it. Throws `conflict` where it is closed. */
export async function closeByHand(deps: ApiDeps, id: string, by: Close): Promise<void> {
  const { store, tenant, now, workflows } = deps;
  await inTenant(store, tenant, async (tx) => {
    await openOne(tx, id);
    await takeOver(tx, id, by.user, now());
    await appendAudit(tx, {
      ...{ at: now(), actor: by.user, action: 'incident.close', subject: id, outcome: 'done' },
      data: { reason: by.reason },
    });
  });
  const told = await workflows.signal({ workflowId: workflowIds.incident(id) }, signalNames.close, by);
  if (told === 'gone') await inTenant(store, tenant, (tx) => closeAlone(tx, id, by, now()));
}

/** Closes an incident that has no workflow any more, with what it left open. */
async function closeAlone(tx: Tx, id: string, by: Close, at: string): Promise<void> {
  const incident = await getIncident(tx, id);
  if (incident === undefined || incident.status === 'closed') return;
  const reason = `${by.user}: ${by.reason}`;
  const { deliveryCount: expectedDeliveryCount } = incident;
  const closed = await closeIncident(tx, id, { expectedDeliveryCount, outcome: 'handed-over', at, reason });
  if (!closed) throw new UnderstudyError('conflict', 'an alert came in just now: look, and close it again');
  for (const gate of await gatesOf(tx, id)) await setGateStatus(tx, gate.gateId, 'withdrawn', at);
}
