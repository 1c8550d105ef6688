import { stat } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { Agent, type Dispatcher } from 'undici';
import { hashOf } from '#domain/hash.ts';
import { type ClusterAccess, type KubeContext, readKubeContext } from './kubeconfig.ts';

/** What a request to the API server needs. */
export type Credentials = {
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher;
};

type Tls = Pick<
  RequestOptions,
  'ca' | 'cert' | 'key' | 'pfx' | 'passphrase' | 'rejectUnauthorized' | 'servername'
>;
type Access = { readonly headers: Readonly<Record<string, string>>; readonly tls: Tls };

const connectTimeoutMs = 5_000;

function basic(user: string): string {
  return `Basic ${Buffer.from(user).toString('base64')}`;
}

/** What a plain account needs: certificates, a token or a password. Files are read each time, since they are renewed. */
async function plainAccess({ cluster, user, fileOf }: KubeContext): Promise<Access> {
  const pemOf = async (path: string | undefined, data: string | undefined): Promise<string | undefined> => {
    if (path !== undefined) return fileOf(path);
    return data === undefined ? undefined : Buffer.from(data, 'base64').toString('utf8');
  };
  const [ca, cert, key, token] = await Promise.all([
    pemOf(cluster['certificate-authority'], cluster['certificate-authority-data']),
    pemOf(user['client-certificate'], user['client-certificate-data']),
    pemOf(user['client-key'], user['client-key-data']),
    user.tokenFile === undefined ? user.token : fileOf(user.tokenFile),
  ]);
  const password = user.username === undefined ? undefined : basic(`${user.username}:${user.password ?? ''}`);
  const authorization = token === undefined ? password : `Bearer ${token.trim()}`;
  return {
    headers: {
      ...(authorization === undefined ? {} : { Authorization: authorization }),
      ...(user.as === undefined ? {} : { 'Impersonate-User': user.as }),
      ...(user['as-uid'] === undefined ? {} : { 'Impersonate-Uid': user['as-uid'] }),
    },
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(cluster['insecure-skip-tls-verify'] ? { rejectUnauthorized: false } : {}),
      ...(cluster['tls-server-name'] === undefined ? {} : { servername: cluster['tls-server-name'] }),
    },
  };
}

function tlsOf(options: RequestOptions): Tls {
  const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = options;
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(pfx === undefined ? {} : { pfx }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    ...(servername === undefined ? {} : { servername }),
  };
}

/**
 * What an account of a plug-in needs (`exec`, `auth-provider`): the library runs it and keeps what it answered. It is
 * loaded only then, for it takes 80 MB.
 */
async function pluginAccess(access: ClusterAccess, context: KubeContext): Promise<() => Promise<Access>> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromFile(access.kubeconfig, { onInvalidEntry: 'filter' });
  config.setCurrentContext(context.name);
  return async () => {
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    const headers = Object.entries(options.headers ?? {}).map(([name, value]) => [name, String(value)]);
    if (typeof options.auth === 'string') headers.push(['Authorization', basic(options.auth)]);
    return { headers: Object.fromEntries(headers), tls: tlsOf(options) };
  };
}

type Loaded = {
  readonly modifiedMs: number;
  readonly baseUrl: string;
  readonly accessNow: () => Promise<Access>;
};

async function load(access: ClusterAccess, modifiedMs: number): Promise<Loaded> {
  const context = await readKubeContext(access);
  const { user, cluster } = context;
  const needsPlugin = user.exec !== undefined || user['auth-provider'] !== undefined;
  const accessNow = needsPlugin ? await pluginAccess(access, context) : () => plainAccess(context);
  return { modifiedMs, baseUrl: cluster.server, accessNow };
}

/** Reads a kubeconfig and keeps its connections: one agent serves as long as certificates and keys are the same. */
export function openCredentials(access: ClusterAccess): () => Promise<Credentials> {
  let loaded: Loaded | undefined;
  let agent: { key: string; dispatcher: Agent } | undefined;

  const loadedNow = async (): Promise<Loaded> => {
    const modifiedMs = (await stat(access.kubeconfig).catch(() => undefined))?.mtimeMs ?? 0;
    if (loaded === undefined || loaded.modifiedMs !== modifiedMs) loaded = await load(access, modifiedMs);
    return loaded;
  };

  const dispatcherFor = (tls: Tls): Agent => {
    const key = hashOf(Object.entries(tls).map(([name, value]) => [name, String(value)]));
    if (agent?.key !== key) {
      agent = {
        key,
        dispatcher: new Agent({ connect: { ...tls, keepAlive: true, timeout: connectTimeoutMs } }),
      };
    }
    return agent.dispatcher;
  };

  return async () => {
    const { baseUrl, accessNow } = await loadedNow();
    const { headers, tls } = await accessNow();
    return { baseUrl, headers, dispatcher: dispatcherFor(tls) };
  };
}
