import type { Role } from '#domain/policy/policy.ts';
import type { ApiKeyScope } from '#store/api-keys.ts';
import type { User } from '#store/users.ts';

/** Who calls. */
export type Caller = { readonly user: User; readonly scope: ApiKeyScope };

export const permissions = [
  'intake.post',
  'incident.read',
  'incident.take-over',
  /** Ending one by hand, with a reason. */
  'incident.close',
  'gate.read',
  /** May send a decision at all; whether it counts is the gate's to say. */
  'gate.decide',
  'case.read',
  /** Starting a round out of turn. */
  'patrol.run',
  'status.read',
  'writes.stop',
  'audit.read',
  /** Accounts: who there is, their keys, codes and rights. */
  'user.manage',
] as const;
export type Permission = (typeof permissions)[number];

const reading: readonly Permission[] = ['incident.read', 'gate.read', 'case.read', 'status.read'];

const permissionsOfRole: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: reading,
  responder: [...reading, 'patrol.run', 'intake.post', 'incident.take-over', 'incident.close', 'gate.decide'],
  approver: [...reading, 'incident.take-over', 'incident.close', 'gate.decide'],
  admin: permissions,
  auditor: [...reading, 'audit.read'],
};

/** What a caller may do: what any of the roles allows, and no more than the key's scope. */
export function mayDo(caller: Caller, permission: Permission): boolean {
  if (caller.scope === 'intake') return permission === 'intake.post';
  return caller.user.roles.some((role) => permissionsOfRole[role].includes(permission));
}
