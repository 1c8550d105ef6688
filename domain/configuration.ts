import { z } from 'zod';
import { type BackEnds, backEndsShape } from './back-ends.ts';
import { serviceCatalogueSchema } from './service-catalogue.ts';

const clusterSchema = z.strictObject({
  name: z.string().min(1),
  /** File and context for reading; the account needs no write at all. */
  kubeconfig: z.string().min(1),
  context: z.string().optional(),
  /** File and context of the actor; absent: nothing can be done on this cluster. */
  actorKubeconfig: z.string().optional(),
  actorContext: z.string().optional(),
});

/** How patrols look for trouble before an alert tells of it. */
export const patrolSettingsSchema = z.strictObject({
  /** A round is due so often; 0: there are no patrols. */
  everyMinutes: z.int().min(0).max(1440).default(2),
  /** Namespaces to look at; empty: all. */
  namespaces: z.array(z.string().min(1)).default([]),
  /** Questions that one look may ask of the systems of a cluster. */
  mostQueries: z.int().min(10).max(1000).default(60),
});
export type PatrolSettings = z.infer<typeof patrolSettingsSchema>;

/**
 * Everything that can be set, by flag, environment or `understudy.yaml`, in this order. Secrets are named by file or
 * environment variable, never written here.
 */
export const configurationSchema = z.strictObject({
  /** PostgreSQL of your own; absent: the embedded one. */
  databaseUrl: z.string().optional(),
  temporal: z
    .strictObject({
      /** `host:port` of a server of your own; absent: a development server. */
      address: z.string().optional(),
      namespace: z.string().default('default'),
      /** Where people reach its UI, for links. */
      uiUrl: z.string().optional(),
    })
    .prefault({}),
  clusters: z.array(clusterSchema).default([]),
  prometheusUrl: z.url().optional(),
  alertmanagerUrl: z.url().optional(),
  ...backEndsShape,
  server: z
    .strictObject({
      host: z.string().default('127.0.0.1'),
      port: z.int().min(0).max(65535).default(7788),
      /** How people reach it, for links. */
      publicUrl: z.string().optional(),
      /** The largest delivery of alerts that is taken in; the default holds many thousand alerts of one group. */
      maxIntakeBytes: z
        .int()
        .min(64 * 1024)
        .max(256 * 1024 * 1024)
        .default(16 * 1024 * 1024),
    })
    .prefault({}),
  /** No write server is started at all. */
  readOnly: z.boolean().default(false),
  /** YAML file of the policy; absent: the shipped one. */
  policyFile: z.string().optional(),
  /** YAML file of the service catalogue. */
  serviceCatalogueFile: z.string().optional(),
  serviceCatalogue: serviceCatalogueSchema.prefault({}),
  patrol: patrolSettingsSchema.prefault({}),
  language: z.enum(['en', 'zh']).optional(),
  tenant: z.string().default('default'),
});
export type Configuration = z.infer<typeof configurationSchema>;

/** Stores of logs and traces, and clouds, as far as they are configured. */
export function backEndsOf({ loki, elasticsearch, jaeger, tempo, aws }: Configuration): BackEnds {
  return { loki, elasticsearch, jaeger, tempo, aws };
}

/** What one process of Understudy is told when it is started: just what it needs. */
const processBase = {
  tenant: z.string(),
  stateFolder: z.string(),
  databaseUrl: z.string(),
  temporal: z.object({ address: z.string(), namespace: z.string(), uiUrl: z.string().optional() }),
};

export const serverProcessSchema = z.object({
  ...processBase,
  host: z.string(),
  port: z.int(),
  publicUrl: z.string(),
  maxIntakeBytes: z.int(),
  /** Folder with the keys that only the server holds. */
  keyFolder: z.string(),
  /** File with the token that workers call the server with. */
  internalTokenFile: z.string(),
  clusters: z.array(z.string()),
  serviceCatalogue: serviceCatalogueSchema,
  readOnly: z.boolean(),
});
export type ServerProcessSettings = z.infer<typeof serverProcessSchema>;

export const workerProcessSchema = z.object({
  ...processBase,
  healthPort: z.int(),
  serverUrl: z.string(),
  internalTokenFile: z.string(),
  clusters: z.array(z.object({ name: z.string(), kubeconfig: z.string(), context: z.string().optional() })),
  prometheusUrl: z.string().optional(),
  alertmanagerUrl: z.string().optional(),
  backEnds: z.object(backEndsShape).prefault({}),
  serviceCatalogue: serviceCatalogueSchema,
  patrol: patrolSettingsSchema.prefault({}),
  readOnly: z.boolean(),
});
export type WorkerProcessSettings = z.infer<typeof workerProcessSchema>;

export const actionsProcessSchema = z.object({
  ...processBase,
  healthPort: z.int(),
  /** File with the public half of the server's grant key. */
  grantPublicKeyFile: z.string(),
  clusters: z.array(z.object({ name: z.string(), kubeconfig: z.string(), context: z.string().optional() })),
});
export type ActionsProcessSettings = z.infer<typeof actionsProcessSchema>;

/** The header of `/readyz` with the id of the process that answers, so that its supervisor knows its own. */
export const processIdHeader = 'x-understudy-process';
