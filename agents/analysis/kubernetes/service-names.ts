import type { Service } from './networking.ts';
import { perSnapshot } from './per-snapshot.ts';
import type { Snapshot } from './snapshot.ts';

/** Which Service a host name means, seen from a namespace (Kubernetes documentation, "DNS for Services and Pods"). */

const servicesByPlace = perSnapshot(
  (snapshot) =>
    new Map(snapshot.services.map((service) => [`${service.ref.namespace}/${service.ref.name}`, service])),
);

/** Services by their names alone, over all namespaces. */
const servicesByName = perSnapshot((snapshot) => Map.groupBy(snapshot.services, ({ ref }) => ref.name));

const namespacesSeen = perSnapshot(
  (snapshot) =>
    new Set([
      ...snapshot.services.map(({ ref }) => ref.namespace),
      ...snapshot.pods.map(({ ref }) => ref.namespace),
      ...(snapshot.objects.get('Namespace') ?? []).map(({ object }) => object.metadata.name),
    ]),
);

export function serviceAt(
  snapshot: Snapshot,
  namespace: string | undefined,
  name: string,
): Service | undefined {
  return servicesByPlace(snapshot).get(`${namespace}/${name}`);
}

/** Services of a name in other namespaces than this one. */
export function namesakes(
  snapshot: Snapshot,
  namespace: string | undefined,
  name: string,
): readonly Service[] {
  return (servicesByName(snapshot).get(name) ?? []).filter(({ ref }) => ref.namespace !== namespace);
}

export type ClusterName = { readonly name: string; readonly namespace: string | undefined };

/** Names that every machine or cluster knows, without a Service of the namespace. */
const given = new Set([
  'localhost',
  'kubernetes',
  'host',
  'metadata',
  'ip6-localhost',
  'true',
  'false',
  'none',
]);

/**
 * The Service that a host name speaks of: `cart`, `cart.shop`, `cart.shop.svc`, `cart.shop.svc.cluster.local`, or a pod of
 * a headless one (`db-0.db.shop.svc`). Undefined for names of the world outside, and for what could be one.
 */
export function clusterName(
  snapshot: Snapshot,
  namespace: string | undefined,
  host: string,
): ClusterName | undefined {
  if (/^\d+(\.\d+){3}$/.test(host) || /^\d+$/.test(host)) return undefined;
  const parts = host.replace(/\.$/, '').split('.');
  const [first, second, third] = parts;
  if (first === undefined || given.has(first)) return undefined;
  if (parts.length === 1) return { name: first, namespace };
  const svc = parts.indexOf('svc');
  if (svc === 2) return { name: first, namespace: second };
  if (svc === 3 && second !== undefined) return { name: second, namespace: third };
  if (svc >= 0) return undefined;
  if (parts.length === 2) {
    if (serviceAt(snapshot, namespace, second ?? '') !== undefined) return { name: second ?? '', namespace };
    return namespacesSeen(snapshot).has(second) ? { name: first, namespace: second } : undefined;
  }
  return undefined;
}

/**
 * How many slips make one name of the other: a letter put in, left out or changed, or two neighbours swapped (Damerau 1964,
 * optimal string alignment); up to a few.
 */
export function editDistance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? most + 1;
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j += 1) {
      const changed = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(
        Math.min(changed, at(i - 1, j) + 1, at(i, j - 1) + 1, swapped ? at(i - 2, j - 2) + 1 : most + 1),
      );
    }
  }
  return at(a.length, b.length);
}

/** Names that are only a slip of the hand apart: two letters at most, one of short names. */
export function isSlip(a: string, b: string): boolean {
  const most = Math.min(a.length, b.length) >= 8 ? 2 : 1;
  return a !== b && Math.min(a.length, b.length) >= 4 && editDistance(a, b, most) <= most;
}

/** True where one name is the other with words before or after it: `cache` and `cache-master`. */
function isExtension(a: string, b: string): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  return short.length >= 4 && (long.startsWith(`${short}-`) || long.endsWith(`-${short}`));
}

/** The one Service of a namespace that is called so with words more or fewer, and has the port that is asked for. */
export function kinNamed(
  snapshot: Snapshot,
  namespace: string | undefined,
  name: string,
  port: number | undefined,
): Service | undefined {
  const kin = snapshot.services.filter(
    ({ ref, spec }) =>
      ref.namespace === namespace &&
      isExtension(ref.name, name) &&
      (spec?.ports ?? []).some((one) => one.port === port),
  );
  return kin.length === 1 ? kin[0] : undefined;
}

/** The one Service of a namespace whose name is nearly this one; undefined where there is none, or more than one. */
export function nearlyNamed(
  snapshot: Snapshot,
  namespace: string | undefined,
  name: string,
): Service | undefined {
  const near = snapshot.services.filter(({ ref }) => ref.namespace === namespace && isSlip(ref.name, name));
  return near.length === 1 ? near[0] : undefined;
}
