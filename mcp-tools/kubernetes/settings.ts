import { z } from 'zod';

/** The settings file of the servers that read clusters, when they run alone. */
export const clusterSettingsSchema = z.strictObject({
  clusters: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        kubeconfig: z.string().min(1),
        context: z.string().optional(),
      }),
    )
    .min(1),
});
