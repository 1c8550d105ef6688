import type { IncidentEvent } from '#domain/incident.ts';
import { toMs } from '#domain/time.ts';
import type { AuditedWrite } from '#range/cluster/audit-log.ts';
import { verifyAudit } from '#store/audit.ts';
import type { ChainCheck } from '#store/chain.ts';
import { eventsAfter, lastEventSeq } from '#store/events.ts';
import { verifyLedger } from '#store/ledger.ts';
import { inTenant } from '#store/pool.ts';
import { actorWrites } from '#test/setup/actor-writes.ts';
import type { WholeInstance } from './instance.ts';

/** A place in the record, to read on from. */
export type Mark = { readonly seq: number; readonly atMs: number };

export async function markNow({ store, tenant }: WholeInstance): Promise<Mark> {
  return { seq: await inTenant(store, tenant, lastEventSeq), atMs: Date.now() };
}

export function eventsSince({ store, tenant }: WholeInstance, mark: Mark): Promise<IncidentEvent[]> {
  return inTenant(store, tenant, (tx) => eventsAfter(tx, { seq: mark.seq, limit: 10_000 }));
}

/** The file that the range's API server writes every request down in. */
export function auditLogOf({ range }: WholeInstance): string {
  const { auditLogPath } = range.cluster;
  if (auditLogPath === undefined) throw new Error('the range keeps no audit log');
  return auditLogPath;
}

/** What the actor's account has really changed since. */
export function writesSince(instance: WholeInstance, mark: Mark): Promise<AuditedWrite[]> {
  return actorWrites(auditLogOf(instance), new Date(mark.atMs));
}

/** The hash chains, from their first rows on. */
export async function chains({ store, tenant }: WholeInstance): Promise<readonly ChainCheck[]> {
  return inTenant(store, tenant, async (tx) => [await verifyLedger(tx), await verifyAudit(tx)]);
}

/** When something was first told of an incident. */
export function firstTold(
  events: readonly IncidentEvent[],
  incidentId: string,
  is: (event: IncidentEvent) => boolean,
): number | undefined {
  const found = events.find((event) => event.incidentId === incidentId && is(event));
  return found === undefined ? undefined : toMs(found.at);
}
