import { clusterSettingsSchema } from '../kubernetes/settings.ts';
import { runAlone } from '../runtime/run-alone.ts';
import { createLogsServer } from './server.ts';

await runAlone({ name: 'logs', settings: clusterSettingsSchema, create: createLogsServer });
