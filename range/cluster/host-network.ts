import { z } from 'zod';
import { run } from './run.ts';

const addressesSchema = z.array(
  z.looseObject({
    ifname: z.string().optional(),
    addr_info: z
      .array(z.looseObject({ family: z.string(), local: z.string(), prefixlen: z.number() }))
      .default([]),
  }),
);
const routesSchema = z.array(z.looseObject({ dst: z.string().optional(), dev: z.string().optional() }));
const linksSchema = z.array(z.looseObject({ ifname: z.string().optional() }));

/**
 * Every IPv4 block that this machine has an address in or a route to, except over the link `ownBridge`: what a new range
 * must keep away from.
 */
export async function takenBlocks(ownBridge: string): Promise<string[]> {
  const [addresses, routes] = await Promise.all([
    run('ip', ['-json', '-4', 'address', 'show']),
    run('ip', ['-json', '-4', 'route', 'show', 'table', 'all']),
  ]);
  const fromAddresses = addressesSchema
    .parse(JSON.parse(addresses))
    .filter((link) => link.ifname !== ownBridge)
    .flatMap((link) => link.addr_info.map((info) => `${info.local}/${info.prefixlen}`));
  const fromRoutes = routesSchema
    .parse(JSON.parse(routes || '[]'))
    .filter((route) => route.dev !== ownBridge)
    .flatMap((route) => (route.dst === undefined || route.dst === 'default' ? [] : [route.dst]));
  return [...fromAddresses, ...fromRoutes];
}

/** Names of this machine's network links that begin with `prefix`. */
export async function linksNamed(prefix: string): Promise<string[]> {
  const links = linksSchema.parse(JSON.parse(await run('ip', ['-json', 'link', 'show'])));
  return links.flatMap((link) => (link.ifname?.startsWith(prefix) ? [link.ifname] : []));
}

export async function createBridge(name: string, cidr: string): Promise<void> {
  await run('ip', ['link', 'add', name, 'type', 'bridge']);
  await run('ip', ['address', 'add', cidr, 'dev', name]);
  await run('ip', ['link', 'set', name, 'up']);
}

/** Removes a link, and with it every route over it. */
export function removeLink(name: string): Promise<string> {
  return run('ip', ['link', 'delete', name]);
}

export function addRoute(cidr: string, via: string): Promise<string> {
  return run('ip', ['route', 'replace', cidr, 'via', via]);
}
