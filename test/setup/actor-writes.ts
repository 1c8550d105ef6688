import { actorUser } from '#range/cluster/accounts.ts';
import { type AuditedWrite, readWrites, tookEffect } from '#range/cluster/audit-log.ts';

/** What the actor's account has really changed since, as the API server wrote it down. */
export async function actorWrites(auditLogPath: string, since: Date): Promise<AuditedWrite[]> {
  const writes: AuditedWrite[] = [];
  for await (const write of readWrites({ auditLogPath, user: actorUser, since: since.toISOString() }))
    if (tookEffect(write)) writes.push(write);
  return writes;
}

/** `patch deployments/checkout` */
export function describeWrite({ verb, objectRef }: AuditedWrite): string {
  return `${verb} ${objectRef.resource}/${objectRef.name}`;
}
