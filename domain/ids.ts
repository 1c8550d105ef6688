import { sha256Hex } from './hash.ts';

/** A UUID in its text form, lower case. */
export type Uuid = string;

export const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function formatUuid(hex: string): Uuid {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

/**
 * A UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, then random bits.
 * @param unixMs milliseconds since the epoch
 * @param random at least 10 random bytes; the caller brings them, because this room has no source of chance
 */
export function uuidV7(unixMs: number, random: Uint8Array): Uuid {
  const time = Math.trunc(unixMs).toString(16).padStart(12, '0');
  const tail = Array.from(random.subarray(0, 10), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const variant = (8 + (Number.parseInt(tail[3] ?? '0', 16) % 4)).toString(16);
  return formatUuid(`${time}7${tail.slice(0, 3)}${variant}${tail.slice(4, 19)}`);
}

/**
 * A UUID (version 8, RFC 9562) made from names: the same names give the same id, which makes a repeated write the same
 * row.
 */
export function derivedUuid(...names: readonly (string | number)[]): Uuid {
  const hex = sha256Hex(names.map((name) => `${String(name).length}:${name}`).join('|'));
  return formatUuid(`${hex.slice(0, 12)}8${hex.slice(13, 16)}8${hex.slice(17, 32)}`);
}

/** Every workflow id that Understudy gives; the one place where they are built and read. */
export const workflowIds = {
  incident: (incidentId: Uuid): string => `incident/${incidentId}`,
  remediation: (incidentId: Uuid, planNo: number): string => `remediation/${incidentId}/${planNo}`,
  learning: (incidentId: Uuid): string => `learning/${incidentId}`,
  patrol: (name: string): string => `patrol/${name}`,
} as const;

/** The incident that a workflow id speaks of, or undefined for other workflows. */
export function incidentIdOfWorkflow(workflowId: string): Uuid | undefined {
  const [kind, id] = workflowId.split('/');
  if (kind === undefined || !['incident', 'remediation', 'learning'].includes(kind)) return undefined;
  return id !== undefined && uuidPattern.test(id) ? id : undefined;
}
