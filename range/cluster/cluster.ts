import { readFile, realpath } from 'node:fs/promises';
import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import { writePrivateFile } from '#machine/private-file.ts';
import { rangeIdOf } from './addresses.ts';
import { layoutOf } from './layout.ts';
import { rangeLevelSchema } from './level.ts';
import { ownerOf } from './registry.ts';

const clusterFactsSchema = z.object({
  /** The range's name, as it was given to `startCluster`. */
  name: z.string(),
  /** Eight hex digits, also in the marker ConfigMap. */
  rangeId: z.string(),
  level: rangeLevelSchema,
  /** Paths of kubeconfig files with mode 0600: `admin` may do everything, the others are service accounts. */
  kubeconfigs: z.object({ admin: z.string(), reader: z.string(), actor: z.string(), prometheus: z.string() }),
  apiServerUrl: z.string(),
  /** PEM file of the authority that signed the API server's and the kubelets' certificates. */
  caPath: z.string(),
  /** File with the `prometheus` account's bearer token, mode 0600, for `credentials_file`. */
  prometheusTokenPath: z.string(),
  /** JSON lines of the API server, for `readWrites`; absent where somebody else runs the API server. */
  auditLogPath: z.string().optional(),
  /**
   * This machine's address as pods see it: what listens here can be called from a pod, and pods and services can be
   * called from this machine by their cluster addresses. Absent at level `given`.
   */
  bridgeAddress: z.string().optional(),
  nodes: z.array(z.object({ name: z.string(), ip: z.string() })),
  nodeNames: z.array(z.string()),
  podCidr: z.string().optional(),
  serviceCidr: z.string().optional(),
  /** `<address>:<port>` of CoreDNS on this machine: it answers for `cluster.local`. */
  dnsAddress: z.string().optional(),
});

/** What can be said of a running practice cluster; plain data. */
export type ClusterFacts = Readonly<z.infer<typeof clusterFactsSchema>>;

/** A running practice cluster, as the shop, the monitoring and the faults see it. */
export type Cluster = ClusterFacts & {
  /** Lets the actor into these namespaces, which are created when they are missing. Safe to repeat. */
  openNamespaces(names: readonly string[]): Promise<void>;
  /** Puts an image of `buildImage` (its index file) on every node; quick when it is there already. */
  importImage(indexPath: string): Promise<void>;
  /** What runs for this cluster on this machine, for figures and kill tests. Empty at level `given`. */
  processes(): readonly { name: string; pid: number }[];
  /** Ends everything that was started and leaves the stored state; safe to call twice. */
  stop(): Promise<void>;
};

/** Writes down what runs, for {@link openCluster} in another process. */
export async function publishCluster(clusterFile: string, facts: ClusterFacts): Promise<void> {
  await writePrivateFile(clusterFile, JSON.stringify(clusterFactsSchema.parse(facts), undefined, 2));
}

/**
 * The cluster of a range that another process runs (or this one): what a second terminal needs. Throws `unavailable` when
 * the range is not running.
 */
export async function openCluster(options: {
  stateFolder: string;
  rangeName: string;
}): Promise<ClusterFacts> {
  const stateFolder = await realpath(options.stateFolder).catch(() => options.stateFolder);
  const owner = await ownerOf(rangeIdOf(stateFolder, options.rangeName));
  const text = await readFile(layoutOf(stateFolder).clusterFile, 'utf8').catch(() => undefined);
  if (owner === undefined || text === undefined) {
    throw new UnderstudyError(
      'unavailable',
      `the practice range "${options.rangeName}" is not running in ${stateFolder}; start it with "npm start"`,
    );
  }
  return clusterFactsSchema.parse(JSON.parse(text));
}
