import { KubeConfig } from '@kubernetes/client-node';
import { stringify } from 'yaml';
import { UnderstudyError } from '#domain/errors.ts';
import { writePrivateFile } from '#machine/private-file.ts';
import type { KeyPairPem } from './pki.ts';

/** How a kubeconfig's user proves who it is. */
export type Credential = KeyPairPem | { token: string };

function userEntry(credential: Credential): Record<string, string> {
  if ('token' in credential) return { token: credential.token };
  return {
    'client-certificate-data': Buffer.from(credential.certificatePem).toString('base64'),
    'client-key-data': Buffer.from(credential.privateKeyPem).toString('base64'),
  };
}

/** Writes a kubeconfig with one cluster, one user and one context (mode 0600). */
export async function writeKubeconfig(
  path: string,
  cluster: { name: string; server: string; caPem: string },
  user: { name: string; credential: Credential },
): Promise<void> {
  const certificateAuthority = Buffer.from(cluster.caPem).toString('base64');
  const context = `${user.name}@${cluster.name}`;
  await writePrivateFile(
    path,
    stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: cluster.name,
          cluster: { server: cluster.server, 'certificate-authority-data': certificateAuthority },
        },
      ],
      users: [{ name: user.name, user: userEntry(user.credential) }],
      contexts: [{ name: context, context: { cluster: cluster.name, user: user.name } }],
      'current-context': context,
    }),
  );
}

/**
 * Loads a kubeconfig from this very file. The range has no other way to a cluster: it never looks at `KUBECONFIG`, the home
 * folder or a pod's service account. Throws `configuration` when the file is missing or no kubeconfig.
 */
export function loadKubeconfig(path: string, context?: string): KubeConfig {
  const config = new KubeConfig();
  try {
    config.loadFromFile(path);
  } catch (error) {
    throw new UnderstudyError('configuration', `cannot read the kubeconfig ${path}`, { cause: error });
  }
  if (context !== undefined) {
    if (config.getContextObject(context) === null) {
      throw new UnderstudyError('configuration', `the kubeconfig ${path} has no context "${context}"`);
    }
    config.setCurrentContext(context);
  }
  if (config.getCurrentCluster() === null) {
    throw new UnderstudyError('configuration', `the kubeconfig ${path} has no current context; name one`);
  }
  return config;
}
