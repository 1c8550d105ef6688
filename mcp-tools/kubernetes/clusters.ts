import { UnderstudyError } from '#domain/errors.ts';
import { type ApiClient, createApiClient } from './api-client.ts';
import { type ApiResource, createDiscovery } from './discovery.ts';
import type { ClusterAccess } from './kubeconfig.ts';

/** One cluster, ready to be asked. */
export type Cluster = {
  readonly name: string;
  readonly api: ApiClient;
  readonly resources: (signal: AbortSignal) => Promise<readonly ApiResource[]>;
};

export type Clusters = {
  readonly names: readonly string[];
  /** The cluster of that name; any other is `bad-input`, naming those that there are. */
  readonly named: (name: string) => Cluster;
  /** The cluster of that name; without one the only cluster, where there is just one. */
  readonly namedOrOnly: (name: string | undefined) => Cluster;
};

/** Clusters by name. Nothing is read or connected before a cluster is asked something. */
export function openClusters(accesses: readonly ClusterAccess[]): Clusters {
  const clusters = new Map(
    accesses.map((access) => {
      const api = createApiClient(access);
      return [access.name, { name: access.name, api, resources: createDiscovery(api) }];
    }),
  );
  const names = [...clusters.keys()];
  const known = names.join(', ') || 'none is configured';
  const named = (name: string): Cluster => {
    const cluster = clusters.get(name);
    if (cluster === undefined)
      throw new UnderstudyError('bad-input', `unknown cluster "${name}"; known: ${known}`);
    return cluster;
  };
  return {
    names,
    named,
    namedOrOnly: (name) => {
      const only = names.length === 1 ? names[0] : undefined;
      const wanted = name ?? only;
      if (wanted === undefined) throw new UnderstudyError('bad-input', `say which cluster; known: ${known}`);
      return named(wanted);
    },
  };
}
