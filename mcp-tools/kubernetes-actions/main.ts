import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import { fromMs } from '#domain/time.ts';
import { burnGrant } from '#store/grants.ts';
import { inTenant, openStore } from '#store/pool.ts';
import { writesStopped } from '#store/switches.ts';
import { clusterSettingsSchema } from '../kubernetes/settings.ts';
import { runAlone } from '../runtime/run-alone.ts';
import { createKubernetesActionsServer } from './server.ts';

/** Clusters with the actor's accounts, and what grants are checked with; no key that signs. */
const settings = clusterSettingsSchema.extend({
  /** PEM file with the public half of the server's grant key. */
  grantPublicKeyFile: z.string().min(1),
  tenant: z.string().min(1).default('default'),
});

await runAlone({
  name: 'kubernetes-actions',
  settings,
  create: ({ clusters, grantPublicKeyFile, tenant }) => {
    // It holds a password, so it does not stand in the settings file.
    const databaseUrl = process.env.DATABASE_URL;
    if (databaseUrl === undefined || databaseUrl === '') {
      throw new UnderstudyError(
        'configuration',
        'set DATABASE_URL to the database in which grants are used up and writes are stopped',
      );
    }
    const store = openStore({ databaseUrl, applicationName: 'understudy-kubernetes-actions', poolSize: 2 });
    return createKubernetesActionsServer({
      ...{ clusters, grantPublicKeyFile },
      burnGrant: (jti) => inTenant(store, tenant, (tx) => burnGrant(tx, jti, fromMs(Date.now()))),
      writesStopped: () => inTenant(store, tenant, (tx) => writesStopped(tx)),
    });
  },
});
