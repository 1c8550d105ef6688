import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { messageOf, UnderstudyError } from '#domain/errors.ts';

/** A cluster and the account to use on it. */
export type ClusterAccess = {
  readonly name: string;
  /** Path of a kubeconfig file; read again when it changes. */
  readonly kubeconfig: string;
  /** Default: the file's current context. */
  readonly context?: string | undefined;
};

const text = z.string().min(1);
const clusterSchema = z.object({
  server: z.url().transform((url) => url.replace(/\/+$/, '')),
  'certificate-authority': text.optional(),
  'certificate-authority-data': text.optional(),
  'insecure-skip-tls-verify': z.boolean().default(false),
  'tls-server-name': text.optional(),
  'proxy-url': z.string().optional(),
});
const userSchema = z.object({
  token: text.optional(),
  tokenFile: text.optional(),
  username: text.optional(),
  password: z.string().optional(),
  'client-certificate': text.optional(),
  'client-certificate-data': text.optional(),
  'client-key': text.optional(),
  'client-key-data': text.optional(),
  as: text.optional(),
  'as-uid': text.optional(),
  'as-groups': z.array(z.string()).default([]),
  'as-user-extra': z.record(z.string(), z.unknown()).default({}),
  exec: z.unknown().optional(),
  'auth-provider': z.unknown().optional(),
});
const fileSchema = z.object({
  'current-context': z.string().optional(),
  contexts: z
    .array(z.object({ name: text, context: z.object({ cluster: text, user: text.optional() }) }))
    .default([]),
  // Only what the context names is looked at: another cluster's entry may be of any form.
  clusters: z.array(z.object({ name: text, cluster: z.unknown() })).default([]),
  users: z.array(z.object({ name: text, user: z.unknown() })).default([]),
});

export type KubeCluster = z.output<typeof clusterSchema>;
export type KubeUser = z.output<typeof userSchema>;

/** What one context of a kubeconfig file names. */
export type KubeContext = {
  readonly name: string;
  readonly cluster: KubeCluster;
  readonly user: KubeUser;
  /** The text that goes with a name: its own, or what the file holds that it names. Throws where there is no such file. */
  readonly fileOf: (path: string) => Promise<string>;
};

/** Says where a value is wrong, never the value: it may be a secret. */
function faultsOf(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
}

function problemOf(cluster: KubeCluster, user: KubeUser): string | undefined {
  if (cluster['proxy-url'] !== undefined && cluster['proxy-url'] !== '') return 'proxy-url is not supported';
  if (cluster.server.startsWith('http:') && !cluster['insecure-skip-tls-verify'])
    return 'its server is plain HTTP; use https';
  // Left out, the account would be allowed more than whoever wrote the file wanted.
  if (user['as-groups'].length > 0 || Object.keys(user['as-user-extra']).length > 0)
    return 'as-groups and as-user-extra are not supported; use an account of its own';
  return undefined;
}

/**
 * Reads the context of a kubeconfig file (kubernetes.io/docs/reference/config-api/kubeconfig.v1).
 * @throws UnderstudyError `configuration` that names the cluster, the file and what is wrong with it.
 */
export async function readKubeContext(access: ClusterAccess): Promise<KubeContext> {
  const failure = (what: string, cause?: unknown) =>
    new UnderstudyError('configuration', `cluster ${access.name}: kubeconfig ${access.kubeconfig}: ${what}`, {
      cause,
    });
  const check = <Schema extends z.ZodType>(
    schema: Schema,
    value: unknown,
    what: string,
  ): z.output<Schema> => {
    const checked = schema.safeParse(value);
    if (!checked.success) throw failure(`${what}: ${faultsOf(checked.error)}`);
    return checked.data;
  };
  let parsed: unknown;
  try {
    parsed = parse(await readFile(access.kubeconfig, 'utf8'));
  } catch (error) {
    throw failure(messageOf(error).split('\n')[0] ?? 'cannot be read', error);
  }
  const file = check(fileSchema, parsed, 'not a kubeconfig');
  const name = access.context ?? file['current-context'];
  const context = file.contexts.find((each) => each.name === name)?.context;
  if (name === undefined || context === undefined) {
    const wanted = access.context === undefined ? 'a current context' : `a context ${access.context}`;
    const names = file.contexts.map((each) => each.name).join(', ') || 'none';
    throw failure(`it has not ${wanted} (contexts: ${names})`);
  }
  const named = file.clusters.find((each) => each.name === context.cluster);
  if (named === undefined)
    throw failure(`context ${name} names a cluster ${context.cluster} that it has not`);
  const account = file.users.find((each) => each.name === context.user);
  if (context.user !== undefined && account === undefined)
    throw failure(`context ${name} names a user ${context.user} that it has not`);
  const cluster = check(clusterSchema, named.cluster, `cluster ${named.name}`);
  const user = check(userSchema, account?.user ?? {}, `user ${context.user}`);
  const problem = problemOf(cluster, user);
  if (problem !== undefined) throw failure(problem);
  const folder = dirname(access.kubeconfig);
  return {
    ...{ name, cluster, user },
    fileOf: async (path) => {
      try {
        return await readFile(isAbsolute(path) ? path : join(folder, path), 'utf8');
      } catch (error) {
        throw failure(messageOf(error), error);
      }
    },
  };
}
