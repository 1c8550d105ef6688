import { createHash } from 'node:crypto';
import { UnderstudyError } from '#domain/errors.ts';

/**
 * Every range takes one /16 of the machine for its nodes, pods and services, so that two ranges stand side by side:
 *
 *     10.S.0.0/24     the bridge: 10.S.0.1 is the machine, 10.S.0.11 the first node
 *     10.S.64.0/18    pods: 10.S.65.0/24 on the first node
 *     10.S.128.0/17   services: .1 is the API server, .10 is DNS
 *
 * S lies between 160 and 223: away from Docker (172.17), Podman (10.88), kubeadm and kind (10.96, 10.244), and k3s (10.42, 10.43).
 */
const firstOctet = 160;
const octetCount = 64;

export type ClusterAddresses = {
  secondOctet: number;
  wholeCidr: string;
  bridgeAddress: string;
  bridgeCidr: string;
  podCidr: string;
  serviceCidr: string;
  apiServiceIp: string;
  dnsServiceIp: string;
  /** A loopback address of the range's own, so that ports on it collide with nobody's. */
  loopback: string;
};

export type NodeAddresses = { index: number; name: string; ip: string; podCidr: string };

export const maxNodes = 9;

export function addressesAt(secondOctet: number): ClusterAddresses {
  const prefix = `10.${secondOctet}`;
  return {
    secondOctet,
    wholeCidr: `${prefix}.0.0/16`,
    bridgeAddress: `${prefix}.0.1`,
    bridgeCidr: `${prefix}.0.0/24`,
    podCidr: `${prefix}.64.0/18`,
    serviceCidr: `${prefix}.128.0/17`,
    apiServiceIp: `${prefix}.128.1`,
    dnsServiceIp: `${prefix}.128.10`,
    loopback: `127.${secondOctet}.0.1`,
  };
}

/** The addresses of node `index`, counted from 1. */
export function nodeAddresses(cluster: ClusterAddresses, index: number): NodeAddresses {
  const prefix = `10.${cluster.secondOctet}`;
  return {
    index,
    name: `node-${index}`,
    ip: `${prefix}.0.${10 + index}`,
    podCidr: `${prefix}.${64 + index}.0/24`,
  };
}

/** Eight hex digits that are the same whenever the same range starts, and another's for another state folder. */
export function rangeIdOf(stateFolder: string, rangeName: string): string {
  return createHash('sha256').update(`${stateFolder}\n${rangeName}`).digest('hex').slice(0, 8);
}

type Block = { first: number; last: number };

/** First and last address of `10.1.2.0/24` or `10.1.2.3` as numbers; undefined for anything that is not IPv4. */
function blockOf(cidr: string): Block | undefined {
  const [address = '', bits = '32'] = cidr.split('/');
  const octets = address.split('.').map(Number);
  const valid =
    octets.length === 4 && octets.every((octet) => Number.isInteger(octet) && octet >= 0 && octet < 256);
  if (!valid) return undefined;
  const value = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  const size = 2 ** (32 - Number(bits));
  const first = value - (value % size);
  return { first, last: first + size - 1 };
}

/** Whether two IPv4 blocks share an address. A default route (`0.0.0.0/0`) is not a place and overlaps nothing. */
export function overlaps(one: string, other: string): boolean {
  const [a, b] = [blockOf(one), blockOf(other)];
  if (a === undefined || b === undefined || one.endsWith('/0') || other.endsWith('/0')) return false;
  return a.first <= b.last && b.first <= a.last;
}

/**
 * Chooses a free block: the one that the range's id points to, or the next that no address or route of this machine
 * touches. `taken` holds CIDRs and addresses. Throws `unavailable` when none of the 64 is free.
 */
export function chooseAddresses(rangeId: string, taken: readonly string[]): ClusterAddresses {
  const start = Number.parseInt(rangeId, 16) % octetCount;
  for (let step = 0; step < octetCount; step += 1) {
    const candidate = addressesAt(firstOctet + ((start + step) % octetCount));
    if (!taken.some((cidr) => overlaps(cidr, candidate.wholeCidr))) return candidate;
  }
  throw new UnderstudyError(
    'unavailable',
    `no free network for the practice range: every block from 10.${firstOctet}.0.0/16 to 10.${firstOctet + octetCount - 1}.0.0/16 is in use; see "ip route"`,
  );
}

/**
 * The addresses that a range had before, which its stored Services are bound to. Throws `conflict` when the machine
 * meanwhile uses them for something else.
 */
export function keepAddresses(
  secondOctet: number,
  taken: readonly string[],
  stateFolder: string,
): ClusterAddresses {
  const kept = addressesAt(secondOctet);
  const other = taken.find((cidr) => overlaps(cidr, kept.wholeCidr));
  if (other === undefined) return kept;
  throw new UnderstudyError(
    'conflict',
    `the practice range in ${stateFolder} lives in ${kept.wholeCidr}, but this machine now uses ${other}; remove that route, or reset the range to give it a new network`,
  );
}
