import { runAlone } from '../runtime/run-alone.ts';
import { createKubernetesServer } from './server.ts';
import { clusterSettingsSchema } from './settings.ts';

await runAlone({ name: 'kubernetes', settings: clusterSettingsSchema, create: createKubernetesServer });
