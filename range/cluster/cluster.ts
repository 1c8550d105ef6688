/** `full`: real nodes on this machine. `given`: somebody else's test cluster. `api`: objects without containers. */
export type ClusterLevel = 'full' | 'given' | 'api';

/** A running practice cluster, as the shop, the monitoring and the faults see it. */
export type Cluster = {
  /** The range's name, as it was given to `startCluster`. */
  name: string;
  /** Eight hex digits, also in the marker ConfigMap. */
  rangeId: string;
  level: ClusterLevel;
  /** Paths of kubeconfig files with mode 0600: `admin` may do everything, the others are service accounts. */
  kubeconfigs: { admin: string; reader: string; actor: string; prometheus: string };
  apiServerUrl: string;
  /** PEM file of the authority that signed the API server's and the kubelets' certificates. */
  caPath: string;
  /** File with the `prometheus` account's bearer token, mode 0600, for `credentials_file`. */
  prometheusTokenPath: string;
  /** JSON lines of the API server, for `readWrites`; undefined where somebody else runs the API server. */
  auditLogPath: string | undefined;
  /**
   * This machine's address as pods see it: what listens here can be called from a pod, and pods and services can be
   * called from this machine by their cluster addresses. Undefined at levels `given` and `api`.
   */
  bridgeAddress: string | undefined;
  nodes: readonly { name: string; ip: string }[];
  nodeNames: readonly string[];
  podCidr: string | undefined;
  serviceCidr: string | undefined;
  /** `<address>:<port>` of CoreDNS on this machine: it answers for `cluster.local`. */
  dnsAddress: string | undefined;
  /** Binds the actor in these namespaces, which are created when they are missing. Safe to repeat. */
  openNamespaces(names: readonly string[]): Promise<void>;
  /** Puts an image of `buildImage` (its index file) on every node; quick when it is there already. */
  importImage(indexPath: string): Promise<void>;
  /** What runs for this cluster on this machine, for figures and kill tests. Empty at level `given`. */
  processes(): readonly { name: string; pid: number }[];
  /** Ends everything that was started and leaves the stored state; safe to call twice. */
  stop(): Promise<void>;
};
