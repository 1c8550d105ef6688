import { configMapsOf } from './kubernetes/config-sources.ts';
import { longRunning, type Snapshot } from './kubernetes/snapshot.ts';
import type { CallEdge } from './topology.ts';

/** A host in an address: after `://` or `@` or at the start, before a port, a path or the cluster's domain. */
const hostPattern = /(?:^|:\/\/|@|,)([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)(?=[.:/,]|$)/g;

/**
 * Calls that workloads are configured to make: an address in their environment or in a ConfigMap that they read, whose host
 * is a Service of the namespace. A guess, for where nothing measured tells who calls whom.
 */
export function environmentEdges(snapshot: Snapshot): CallEdge[] {
  const services = new Set(snapshot.services.map(({ ref }) => `${ref.namespace}/${ref.name}`));
  return longRunning(snapshot).flatMap(({ ref, spec }) => {
    const values = [
      ...(spec?.template?.spec?.containers ?? []).flatMap(({ env, args }) => [
        ...env.map(({ value }) => value ?? ''),
        ...(args ?? []),
      ]),
      ...configMapsOf(snapshot, ref.namespace, spec?.template).flatMap(({ data }) => Object.values(data)),
    ];
    const hosts = new Set(
      values
        .filter((value) => value.length < 4000)
        .flatMap((value) => [...value.matchAll(hostPattern)].flatMap((match) => match[1] ?? [])),
    );
    return [...hosts]
      .filter((host) => host !== ref.name && services.has(`${ref.namespace}/${host}`))
      .map((host) => ({ from: ref.name, to: host }));
  });
}
