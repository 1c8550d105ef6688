import { stat } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { Agent, type Dispatcher } from 'undici';
import { messageOf, UnderstudyError } from '#domain/errors.ts';
import { hashOf } from '#domain/hash.ts';

/** A cluster and the account to use on it. */
export type ClusterAccess = {
  readonly name: string;
  /** Path of a kubeconfig file; read again when it changes. */
  readonly kubeconfig: string;
  /** Default: the file's current context. */
  readonly context?: string | undefined;
};

/** What a request to the API server needs. */
export type Credentials = {
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher;
};

const connectTimeoutMs = 5_000;

function problemOf(config: KubeConfig, access: ClusterAccess): string | undefined {
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    const contexts = config.getContexts().map((context) => context.name);
    const wanted = access.context === undefined ? 'a current context' : `a context ${access.context}`;
    return `it has not ${wanted} (contexts: ${contexts.join(', ') || 'none'})`;
  }
  if (cluster.proxyUrl !== undefined && cluster.proxyUrl !== '') return 'proxy-url is not supported';
  if (cluster.server.startsWith('http:') && !cluster.skipTLSVerify)
    return 'its server is plain HTTP; use https';
  return undefined;
}

function load(access: ClusterAccess): KubeConfig {
  const config = new KubeConfig();
  const failure = (what: string, cause?: unknown) =>
    new UnderstudyError('configuration', `cluster ${access.name}: kubeconfig ${access.kubeconfig}: ${what}`, {
      cause,
    });
  try {
    config.loadFromFile(access.kubeconfig);
  } catch (error) {
    throw failure(messageOf(error), error);
  }
  if (access.context !== undefined) config.setCurrentContext(access.context);
  const problem = problemOf(config, access);
  if (problem !== undefined) throw failure(problem);
  return config;
}

function headersOf(options: RequestOptions): Record<string, string> {
  const entries = Object.entries(options.headers ?? {}).map(([name, value]) => [name, String(value)]);
  if (typeof options.auth === 'string') {
    entries.push(['Authorization', `Basic ${Buffer.from(options.auth).toString('base64')}`]);
  }
  return Object.fromEntries(entries);
}

/** What a connection needs of the options that the library filled in. */
function tlsOf(options: RequestOptions) {
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
 * Reads a kubeconfig and keeps its connections. The library would open new ones for every request: here one agent serves
 * as long as certificates and keys are the same.
 */
export function openCredentials(access: ClusterAccess): () => Promise<Credentials> {
  let loaded: { config: KubeConfig; modifiedMs: number } | undefined;
  let agent: { key: string; dispatcher: Agent } | undefined;

  const configNow = async (): Promise<KubeConfig> => {
    const info = await stat(access.kubeconfig).catch(() => undefined);
    const modifiedMs = info?.mtimeMs ?? 0;
    if (loaded === undefined || loaded.modifiedMs !== modifiedMs)
      loaded = { config: load(access), modifiedMs };
    return loaded.config;
  };

  const dispatcherFor = (options: RequestOptions): Agent => {
    const tls = tlsOf(options);
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
    const config = await configNow();
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    const dispatcher = dispatcherFor(options);
    return {
      baseUrl: (config.getCurrentCluster()?.server ?? '').replace(/\/+$/, ''),
      headers: headersOf(options),
      dispatcher,
    };
  };
}
