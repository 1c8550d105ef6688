import { z } from 'zod';

/** The settings file of the Prometheus server, when it runs alone. */
export const prometheusSettingsSchema = z.strictObject({
  /** Address without `/api/v1`. */
  url: z.url(),
  /** The cluster that series speak of where they carry no `cluster` label. */
  cluster: z.string().min(1),
});
