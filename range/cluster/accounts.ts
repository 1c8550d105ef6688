import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CoreV1Api, type KubeConfig } from '@kubernetes/client-node';
import { UnderstudyError } from '#domain/errors.ts';
import { writePrivateFile } from '#machine/private-file.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { applyObjects, readManifest } from './manifests.ts';

export const accountsNamespace = 'understudy';

/** Service accounts of `manifests/accounts.yaml`. */
export const accounts = {
  reader: 'understudy-reader',
  actor: 'understudy-actor',
  prometheus: 'prometheus',
} as const;
export type AccountName = keyof typeof accounts;

/** The name under which the actor's writes stand in the audit log. */
export const actorUser = `system:serviceaccount:${accountsNamespace}:${accounts.actor}`;

// Longer than anybody practises in one go; every start issues new ones.
const tokenSeconds = 30 * 24 * 3600;

export type AccountFiles = {
  kubeconfigs: Record<AccountName, string>;
  prometheusTokenPath: string;
};

async function issueToken(api: CoreV1Api, account: AccountName): Promise<string> {
  const answer = await api.createNamespacedServiceAccountToken({
    name: accounts[account],
    namespace: accountsNamespace,
    body: { spec: { audiences: [], expirationSeconds: tokenSeconds } },
  });
  const token = answer.status?.token;
  if (token === undefined)
    throw new UnderstudyError('internal', `no token was issued for ${accounts[account]}`);
  return token;
}

/**
 * Creates the accounts with their rights, issues a token for each and writes a kubeconfig per account into `folder`
 * (mode 0600).
 */
export async function setUpAccounts(
  admin: KubeConfig,
  cluster: { name: string; server: string; caPem: string },
  folder: string,
): Promise<AccountFiles> {
  await applyObjects(admin, await readManifest('accounts'));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const api = admin.makeApiClient(CoreV1Api);
  const write = async (account: AccountName): Promise<string> => {
    const token = await issueToken(api, account);
    const path = join(folder, `${account}.kubeconfig`);
    await writeKubeconfig(path, cluster, { name: accounts[account], credential: { token } });
    if (account === 'prometheus') await writePrivateFile(join(folder, 'prometheus.token'), token);
    return path;
  };
  const [reader, actor, prometheus] = await Promise.all([
    write('reader'),
    write('actor'),
    write('prometheus'),
  ]);
  return {
    kubeconfigs: { reader, actor, prometheus },
    prometheusTokenPath: join(folder, 'prometheus.token'),
  };
}

// Where the actor has no business, whatever a configuration says.
const closedNamespaces: readonly string[] = [
  'kube-system',
  'kube-public',
  'kube-node-lease',
  accountsNamespace,
];

/**
 * Creates these namespaces where they are missing and lets the actor take steps in them. Throws `forbidden` for the
 * cluster's own namespaces and ours.
 */
export async function openNamespaces(admin: KubeConfig, names: readonly string[]): Promise<void> {
  const closed = names.filter((name) => closedNamespaces.includes(name));
  if (closed.length > 0) {
    throw new UnderstudyError(
      'forbidden',
      `the actor takes no steps in ${closed.join(', ')}; choose an application namespace`,
    );
  }
  const access = await readManifest('application-access');
  for (const name of names) {
    await applyObjects(admin, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }]);
    await applyObjects(
      admin,
      access.map((object) => ({ ...object, metadata: { ...object.metadata, namespace: name } })),
    );
  }
}
