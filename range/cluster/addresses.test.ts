import { describe, expect, it } from 'vitest';
import {
  addressesAt,
  chooseAddresses,
  keepAddresses,
  nodeAddresses,
  overlaps,
  rangeIdOf,
} from './addresses.ts';

describe('the range’s addresses', () => {
  it('do not overlap within one range', () => {
    const cluster = addressesAt(170);
    const nodes = [1, 2, 9].map((index) => nodeAddresses(cluster, index));
    for (const node of nodes) {
      expect(overlaps(node.ip, cluster.bridgeCidr)).toBe(true);
      expect(overlaps(node.podCidr, cluster.podCidr)).toBe(true);
      expect(overlaps(node.podCidr, cluster.serviceCidr)).toBe(false);
      expect(overlaps(node.podCidr, cluster.bridgeCidr)).toBe(false);
    }
    expect(new Set(nodes.map((node) => node.podCidr)).size).toBe(3);
    expect(overlaps(cluster.dnsServiceIp, cluster.serviceCidr)).toBe(true);
  });

  it('are the same for the same range and another’s for another folder or name', () => {
    const id = rangeIdOf('/srv/one', 'practice');
    expect(rangeIdOf('/srv/one', 'practice')).toBe(id);
    expect(rangeIdOf('/srv/two', 'practice')).not.toBe(id);
    expect(rangeIdOf('/srv/one', 'other')).not.toBe(id);
    expect(chooseAddresses(id, [])).toEqual(chooseAddresses(id, []));
  });

  it('move on when the machine already uses the block, by route or by address', () => {
    const wanted = chooseAddresses('00000005', []);
    const next = chooseAddresses('00000005', [
      `10.${wanted.secondOctet}.64.0/20`,
      '192.0.2.0/24',
      '0.0.0.0/0',
    ]);
    expect(next.secondOctet).toBe(wanted.secondOctet + 1);
    expect(chooseAddresses('00000005', [wanted.bridgeAddress]).secondOctet).toBe(wanted.secondOctet + 1);
  });

  it('wrap around, and say so when nothing is free', () => {
    expect(chooseAddresses('0000003f', ['10.223.0.0/16']).secondOctet).toBe(160);
    expect(() => chooseAddresses('00000000', ['10.0.0.0/8'])).toThrow(/no free network/);
  });

  it('stay what they were over restarts, or are refused by name', () => {
    expect(keepAddresses(180, ['10.181.0.0/16'], '/srv/range').secondOctet).toBe(180);
    expect(() => keepAddresses(180, ['10.180.4.0/24'], '/srv/range')).toThrow(/10\.180\.4\.0\/24/);
  });
});

it('blocks overlap only where they share addresses, and a default route is no block', () => {
  expect(overlaps('10.1.0.0/16', '10.1.255.255')).toBe(true);
  expect(overlaps('10.1.0.0/16', '10.2.0.0/16')).toBe(false);
  expect(overlaps('172.17.0.0/16', '10.1.0.0/16')).toBe(false);
  expect(overlaps('0.0.0.0/0', '10.1.0.0/16')).toBe(false);
  expect(overlaps('fe80::/64', '10.1.0.0/16')).toBe(false);
});
