import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import type { ControlPlaneContext } from './control-plane.ts';
import { applyObjects, readManifest } from './manifests.ts';
import type { ProcessSpec } from './processes.ts';
import { listens } from './readiness.ts';

/** The Service and the endpoint by which pods find it. */
export async function putDns(admin: KubeConfig, { addresses, ports }: ControlPlaneContext): Promise<void> {
  await applyObjects(admin, await readManifest('cluster-dns', { ...addresses, dnsPort: ports.dns }));
}

/** Name resolution for pods, on the bridge. `command`: CoreDNS. */
export async function prepareDns(context: ControlPlaneContext, command: string): Promise<ProcessSpec> {
  const { layout, addresses, ports } = context;
  await writeFile(join(layout.config, 'Corefile'), corefile(context));
  return {
    name: 'coredns',
    command,
    args: ['-conf', join(layout.config, 'Corefile')],
    isReady: () => listens(addresses.bridgeAddress, ports.dns),
    readyTimeoutMs: 30_000,
  };
}

/**
 * Two blocks, because "template" comes before "kubernetes" in CoreDNS's fixed order of plugins and would answer everything in a
 * shared one. Names outside the cluster do not exist: pods have no way out.
 */
function corefile({ layout, addresses, ports }: ControlPlaneContext): string {
  const kubeconfig = join(layout.kubeconfigs, 'coredns.kubeconfig');
  return `cluster.local:${ports.dns} in-addr.arpa:${ports.dns} {
    bind ${addresses.bridgeAddress}
    errors
    kubernetes cluster.local in-addr.arpa {
        kubeconfig ${JSON.stringify(kubeconfig)}
        pods insecure
        ttl 5
    }
    cache 5
}
.:${ports.dns} {
    bind ${addresses.bridgeAddress}
    template ANY ANY . {
        rcode NXDOMAIN
    }
}
`;
}
