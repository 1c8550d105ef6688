import { z } from 'zod';
import { createKubernetesServer } from '../kubernetes/server.ts';
import { clusterSettingsSchema } from '../kubernetes/settings.ts';
import { createToolClient } from '../runtime/client.ts';
import { runAlone } from '../runtime/run-alone.ts';
import { openTraceStores, traceStoresSchema } from '../traces/settings.ts';
import { listObjectsThrough } from './list-objects.ts';
import { createTopologyServer } from './server.ts';

const settings = z.strictObject({
  /** The cluster that is meant where a call names none. */
  cluster: z.string().min(1),
  /** Address of a Prometheus, without `/api/v1`. */
  prometheusUrl: z.url().optional(),
  ...traceStoresSchema.shape,
  clusters: clusterSettingsSchema.shape.clusters.optional(),
});

await runAlone({
  name: 'topology',
  settings,
  create: ({ cluster, prometheusUrl, clusters, ...stores }) => {
    const server = clusters === undefined ? undefined : createKubernetesServer({ clusters });
    const tools =
      server === undefined
        ? undefined
        : createToolClient({ servers: { kubernetes: { kind: 'in-process', server } } });
    return createTopologyServer({
      cluster,
      ...(prometheusUrl === undefined ? {} : { prometheus: { url: prometheusUrl } }),
      traces: openTraceStores(stores),
      ...(tools === undefined ? {} : { listObjects: listObjectsThrough(tools) }),
    });
  },
});
